package io.helmwatch.ingest.timing;

/**
 * Says when a frame of a file that is played in real time is due. A player that is more than a second late continues from
 * where it is instead of catching up.
 *
 * <p>Threading: one thread. Allocates nothing.
 */
public final class Pacer {
    private static final long LARGEST_LAG_NANOS = 1_000_000_000L;

    private boolean started;
    private long offsetNanos;

    /** Nanoseconds to wait from now before the frame is due; 0 or less when it is. */
    public long waitNanos(long ptsNanos, long nowNanos) {
        if (!started || nowNanos - (ptsNanos + offsetNanos) > LARGEST_LAG_NANOS) {
            started = true;
            offsetNanos = nowNanos - ptsNanos;
            return 0;
        }
        return ptsNanos + offsetNanos - nowNanos;
    }
}
