package io.helmwatch.cuda;

import io.helmwatch.resource.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Page-locked host memory, for asynchronous copies to and from a device.
 *
 * <p>Threading: one thread at a time. Ownership: frees its memory; copies that use it must be done by then, and the view must not be used
 * after closing.
 */
public final class PinnedBuffer implements AutoCloseable {

    private final CudaDevice device;
    private final NativeMemory.Account account;
    private final String owner;
    private final int bytes;
    private final Pointer memory = new Pointer();
    private final long address;
    private final ByteBuffer view;
    private final NativeAddress cursor = new NativeAddress();
    private final NativeAddress scratch = new NativeAddress();
    private boolean closed;

    /**
     * Allocates page-locked memory.
     *
     * @param device the device that the copies go to or come from
     * @param owner the owner in the ledger of native memory
     * @param bytes size, at least 1
     * @throws CudaException when the memory cannot be allocated or page-locked
     */
    public PinnedBuffer(CudaDevice device, String owner, int bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException(owner + ": expected at least 1 byte of pinned memory, found " + bytes);
        }
        device.makeCurrent();
        this.device = device;
        this.owner = owner;
        this.bytes = bytes;
        CudaErrors.check(
                cudart.cudaHostAlloc(memory, bytes, cudart.cudaHostAllocDefault),
                "cudaHostAlloc of " + DeviceBuffer.mebibytes(bytes) + " for " + owner);
        address = memory.address();
        view = new BytePointer(memory).capacity(bytes).asByteBuffer().order(ByteOrder.nativeOrder());
        account = NativeMemory.account(NativeMemory.Kind.PINNED, device.name(), owner);
        account.allocated(bytes);
    }

    /** Size in bytes. */
    public int bytes() {
        return bytes;
    }

    /** The memory in native byte order; always the same object. */
    public ByteBuffer view() {
        return view;
    }

    /** Copies bytes from any host address to an offset; for example rows of a frame. */
    public void copyFrom(long source, long offset, long length) {
        checkRange(offset, length);
        Pointer.memcpy(cursor(offset), scratch.at(source), length);
    }

    NativeAddress cursor(long offset) {
        return cursor.at(address + offset);
    }

    void checkRange(long offset, long length) {
        if (offset < 0 || length < 0 || offset > bytes - length) {
            throw new IndexOutOfBoundsException(
                    owner + ": expected a range of " + bytes + " bytes, found " + offset + " + " + length);
        }
    }

    /** Frees the memory; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.makeCurrent();
            account.freed(bytes);
            CudaErrors.check(cudart.cudaFreeHost(memory), "cudaFreeHost for " + owner);
        }
    }
}
