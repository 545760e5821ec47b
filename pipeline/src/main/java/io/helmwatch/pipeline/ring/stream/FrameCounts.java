package io.helmwatch.pipeline.ring.stream;

import io.helmwatch.vision.DropCause;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The frames of a stream: decoded = analysed + dropped (all causes) + in flight, at any time.
 *
 * <p>Threading: decoded and dropped on the source's thread, analysed and dropped on the release thread, read by any.
 */
public final class FrameCounts {
    private final AtomicLong decoded = new AtomicLong();
    private final AtomicLong analysed = new AtomicLong();
    private final AtomicLongArray dropped = new AtomicLongArray(DropCause.values().length);

    /** A frame was published into the ring. */
    public void countPublished() {
        decoded.incrementAndGet();
    }

    /** A frame was decoded and does not enter the ring. */
    public void countNotPublished(DropCause cause) {
        decoded.incrementAndGet();
        dropped.incrementAndGet(cause.ordinal());
    }

    /** A frame left the ring analysed. */
    public void countAnalysed() {
        analysed.incrementAndGet();
    }

    /** A frame left the ring without being analysed. */
    public void countDropped(DropCause cause) {
        dropped.incrementAndGet(cause.ordinal());
    }

    /** Frames decoded so far. */
    public long decoded() {
        return decoded.get();
    }

    /** Frames analysed so far. */
    public long analysed() {
        return analysed.get();
    }

    /** Frames dropped so far for a cause. */
    public long dropped(DropCause cause) {
        return dropped.get(cause.ordinal());
    }

    /** Frames dropped so far, all causes. */
    public long dropped() {
        long sum = 0;
        for (int i = 0; i < dropped.length(); i++) {
            sum += dropped.get(i);
        }
        return sum;
    }
}
