package io.helmwatch.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * A kernel and its argument buffer; launching allocates nothing.
 *
 * <p>Threading: one thread at a time; create one object per thread. Ownership: frees the argument buffer; its module must
 * live longer.
 */
public final class CudaKernel implements AutoCloseable {

    private static final int SLOT_BYTES = 8;

    private final String name;
    private final CUfunc_st function;
    private final BytePointer values;
    private final ByteBuffer slots;
    private final PointerPointer<Pointer> addresses;
    private boolean closed;

    CudaKernel(String name, CUfunc_st function, int arguments) {
        this.name = name;
        this.function = function;
        this.values = new BytePointer((long) arguments * SLOT_BYTES);
        this.slots = values.asByteBuffer().order(ByteOrder.nativeOrder());
        this.addresses = new PointerPointer<>(arguments);
        for (int i = 0; i < arguments; i++) {
            addresses.put(i, new BytePointer(values).position((long) i * SLOT_BYTES));
        }
    }

    /** Sets a pointer or 64-bit argument. */
    public CudaKernel setLong(int index, long value) {
        slots.putLong(index * SLOT_BYTES, value);
        return this;
    }

    /** Sets a 32-bit integer argument. */
    public CudaKernel setInt(int index, int value) {
        slots.putInt(index * SLOT_BYTES, value);
        return this;
    }

    /** Sets a 32-bit floating-point argument. */
    public CudaKernel setFloat(int index, float value) {
        slots.putFloat(index * SLOT_BYTES, value);
        return this;
    }

    /** Enqueues a launch with the current arguments: blocks of the grid, threads of a block, bytes of dynamic shared memory. */
    public void launch(CudaStream stream, int gridX, int gridY, int gridZ, int blockX, int blockY, int sharedBytes) {
        CudaErrors.check(
                cudart.cuLaunchKernel(
                        function,
                        gridX,
                        gridY,
                        gridZ,
                        blockX,
                        blockY,
                        1,
                        sharedBytes,
                        stream.pointer(),
                        addresses,
                        (PointerPointer<?>) null),
                name);
    }

    /** Frees the argument buffer; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            addresses.close();
            values.close();
        }
    }
}
