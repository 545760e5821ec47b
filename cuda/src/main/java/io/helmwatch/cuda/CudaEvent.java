package io.helmwatch.cuda;

import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.global.cudart;

/**
 * A point in a stream that other streams wait for or that is timed.
 *
 * <p>Threading: one thread at a time. Ownership: frees its event.
 */
public final class CudaEvent implements AutoCloseable {

    private final CUevent_st handle = new CUevent_st();
    private final boolean timed;
    private boolean closed;

    private CudaEvent(CudaDevice device, int flags) {
        device.makeCurrent();
        timed = (flags & cudart.cudaEventDisableTiming) == 0;
        CudaErrors.check(cudart.cudaEventCreateWithFlags(handle, flags), "cudaEventCreateWithFlags");
    }

    /** An event that orders streams. */
    public static CudaEvent ordering(CudaDevice device) {
        return new CudaEvent(device, cudart.cudaEventDisableTiming);
    }

    /** As {@link #ordering}, but a waiting thread blocks instead of spinning. */
    public static CudaEvent blocking(CudaDevice device) {
        return new CudaEvent(device, cudart.cudaEventDisableTiming | cudart.cudaEventBlockingSync);
    }

    /** An event that records its time. */
    public static CudaEvent timing(CudaDevice device) {
        return new CudaEvent(device, 0);
    }

    CUevent_st pointer() {
        return handle;
    }

    /** Enqueues the event in the stream. */
    public void record(CudaStream stream) {
        CudaErrors.check(cudart.cudaEventRecord(handle, stream.pointer()), "cudaEventRecord");
    }

    /** Blocks the calling thread until the event is reached. */
    public void synchronize() {
        CudaErrors.check(cudart.cudaEventSynchronize(handle), "cudaEventSynchronize");
    }

    /** Milliseconds from an earlier timed event to this one, both reached. */
    public float millisSince(CudaEvent start) {
        if (!timed || !start.timed) {
            throw new IllegalStateException("time between events: expected two events created by timing()");
        }
        float[] millis = new float[1];
        CudaErrors.check(cudart.cudaEventElapsedTime(millis, start.handle, handle), "cudaEventElapsedTime");
        return millis[0];
    }

    /** Frees the event; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            CudaErrors.check(cudart.cudaEventDestroy(handle), "cudaEventDestroy");
        }
    }
}
