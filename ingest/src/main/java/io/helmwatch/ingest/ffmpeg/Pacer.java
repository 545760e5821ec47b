package io.helmwatch.ingest.ffmpeg;

/**
 * Says when a frame of a file that is played in real time is due. A player that fell behind by more than a second goes on from
 * where it is instead of hurrying after.
 *
 * <p>Threading: one thread. Allocates nothing.
 */
final class Pacer {
    private static final long LARGEST_LAG_NANOS = 1_000_000_000L;

    private boolean started;
    private long offsetNanos;

    /** Nanoseconds to wait from now before the frame is due; 0 or less when it is. */
    long waitNanos(long ptsNanos, long nowNanos) {
        if (!started || nowNanos - (ptsNanos + offsetNanos) > LARGEST_LAG_NANOS) {
            started = true;
            offsetNanos = nowNanos - ptsNanos;
            return 0;
        }
        return ptsNanos + offsetNanos - nowNanos;
    }
}
