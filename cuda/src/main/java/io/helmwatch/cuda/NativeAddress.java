package io.helmwatch.cuda;

import org.bytedeco.javacpp.Pointer;

/** A pointer with a mutable address, so that calls with changing addresses allocate nothing. Owned by one thread. */
final class NativeAddress extends Pointer {

    NativeAddress() {
        super((Pointer) null);
    }

    NativeAddress at(long address) {
        this.address = address;
        return this;
    }
}
