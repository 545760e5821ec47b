package io.helmwatch.cuda;

import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;

/**
 * A queue of work for the device; work of different streams may overlap, and does not wait for the legacy default stream.
 *
 * <p>Threading: one thread at a time. Ownership: frees its stream, unless it is a view made by {@link #of}.
 */
public final class CudaStream implements AutoCloseable {

    private static final class Handle extends CUstream_st {
        Handle() {
            super((Pointer) null);
        }

        Handle(long address) {
            super((Pointer) null);
            this.address = address;
        }
    }

    private final Handle handle;
    private final boolean owner;
    private boolean closed;

    /** Creates a non-blocking stream on the device, which is current afterwards. */
    public CudaStream(CudaDevice device) {
        device.makeCurrent();
        handle = new Handle();
        CudaErrors.check(
                cudart.cudaStreamCreateWithFlags(handle, cudart.cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
        owner = true;
    }

    private CudaStream(CudaDevice device, int priority) {
        device.makeCurrent();
        handle = new Handle();
        CudaErrors.check(
                cudart.cudaStreamCreateWithPriority(handle, cudart.cudaStreamNonBlocking, priority),
                "cudaStreamCreateWithPriority");
        owner = true;
    }

    /**
     * A stream of the highest priority: its work starts before pending work of other streams. For short work that others wait for.
     */
    static CudaStream urgent(CudaDevice device) {
        device.makeCurrent();
        int[] least = new int[1];
        int[] greatest = new int[1];
        CudaErrors.check(cudart.cudaDeviceGetStreamPriorityRange(least, greatest), "cudaDeviceGetStreamPriorityRange");
        return new CudaStream(device, greatest[0]);
    }

    private CudaStream(long address) {
        handle = new Handle(address);
        owner = false;
    }

    /** A view of a stream that somebody else owns. */
    public static CudaStream of(long handle) {
        return new CudaStream(handle);
    }

    /** The handle, {@code cudaStream_t}. */
    public long handle() {
        return handle.address();
    }

    /** The stream as a pointer, for libraries of JavaCPP. */
    public CUstream_st pointer() {
        return handle;
    }

    /** Makes all work enqueued from now on wait for the event. */
    public void waitFor(CudaEvent event) {
        CudaErrors.check(cudart.cudaStreamWaitEvent(handle, event.pointer(), 0), "cudaStreamWaitEvent");
    }

    /** Blocks the calling thread until all enqueued work is done. */
    public void synchronize() {
        CudaErrors.check(cudart.cudaStreamSynchronize(handle), "cudaStreamSynchronize");
    }

    /** Frees the stream once its work is done; a second call does nothing. */
    @Override
    public void close() {
        if (owner && !closed) {
            closed = true;
            CudaErrors.check(cudart.cudaStreamDestroy(handle), "cudaStreamDestroy");
        }
    }
}
