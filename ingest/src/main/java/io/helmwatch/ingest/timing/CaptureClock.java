package io.helmwatch.ingest.timing;

/**
 * The time at which frames were captured: the camera's clock where it tells it, else the time of receipt.
 *
 * <p>Threading: one thread. Allocates nothing.
 */
public final class CaptureClock {
    private static final long CHECK_NANOS = 1_000_000_000L;

    /** A camera whose clock is further from ours is treated as having none. */
    private static final long MAX_DIFFERENCE_MILLIS = 24 * 3600 * 1000L;

    private static final long UNKNOWN = Long.MIN_VALUE;

    private long cameraMicros = UNKNOWN;
    private long checkedNanos;

    /** A new connection: the camera's clock is not known yet. */
    public void restart() {
        cameraMicros = UNKNOWN;
    }

    /** Whether the camera's clock should be read from the next packet: once a second. */
    public boolean isDue(long nowNanos) {
        if (cameraMicros != UNKNOWN && nowNanos - checkedNanos < CHECK_NANOS) {
            return false;
        }
        checkedNanos = nowNanos;
        return true;
    }

    /**
     * The camera's clock at a time of the stream.
     *
     * @param wallClockMicros microseconds since 1970 UTC; 0 where the camera does not say
     * @param ptsNanos the packet's time, or {@link PresentationClock#NONE}
     */
    public void observe(long wallClockMicros, long ptsNanos) {
        if (wallClockMicros > 0 && ptsNanos != PresentationClock.NONE) {
            cameraMicros = wallClockMicros - ptsNanos / 1000;
        }
    }

    /** Milliseconds since 1970 UTC at which the frame was captured. */
    public long capturedAtMillis(long timestampNanos) {
        long now = System.currentTimeMillis();
        if (cameraMicros == UNKNOWN || timestampNanos == PresentationClock.NONE) {
            return now;
        }
        long camera = (cameraMicros + timestampNanos / 1000) / 1000;
        return Math.abs(camera - now) <= MAX_DIFFERENCE_MILLIS ? camera : now;
    }
}
