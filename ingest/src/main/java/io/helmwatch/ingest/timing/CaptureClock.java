package io.helmwatch.ingest.timing;

/**
 * The time at which frames were captured, on this machine's clock. A camera that tells its clock (RTCP sender reports) only
 * improves the spacing: its time is moved by the constant offset between both clocks, which is estimated from the frame that
 * arrived fastest, so that a capture is never later than its receipt. Captures never go back, over all connections of a run.
 *
 * <p>Threading: {@link #cameraOffsetMillis} from any thread, everything else one thread. Allocates nothing.
 */
public final class CaptureClock {
    /** No time of the camera, or no offset. */
    public static final long UNKNOWN = Long.MIN_VALUE;

    private static final long READ_INTERVAL_NANOS = 1_000_000_000L;

    /** A frame that is later than this against the fastest one means that the camera's clock was set. */
    private static final long MAX_DELAY_MILLIS = 10_000;

    /** A change between two readings of the camera's clock that drift does not explain. */
    private static final long MAX_CLOCK_STEP_MICROS = 500_000;

    /** How fast the estimate may grow, so that it follows a camera's clock that drifts: 200 ppm. */
    private static final long DRIFT_MILLIS_PER_SECOND_DIVISOR = 5_000;

    private final WallClock wall = new WallClock();
    private long cameraMicros = UNKNOWN;
    private long readNanos;
    private long offsetMillis = UNKNOWN;
    private long offsetAtMillis;
    private long lastMillis = UNKNOWN;
    private long cameraTimeMillis = UNKNOWN;
    private volatile long cameraOffsetMillis = UNKNOWN;

    /** A new connection: the camera's clock is not known yet. */
    public void restart() {
        cameraMicros = UNKNOWN;
        offsetMillis = UNKNOWN;
    }

    /** Whether the camera's clock should be read from the next packet: once a second. */
    public boolean isDue(long nowNanos) {
        if (cameraMicros != UNKNOWN && nowNanos - readNanos < READ_INTERVAL_NANOS) {
            return false;
        }
        readNanos = nowNanos;
        return true;
    }

    /**
     * The camera's clock at a time of the stream.
     *
     * @param wallClockMicros microseconds since 1970 UTC; 0 or less where the camera does not say
     * @param timestampNanos the packet's time, or {@link PresentationClock#NONE}
     */
    public void observe(long wallClockMicros, long timestampNanos) {
        if (wallClockMicros <= 0 || timestampNanos == PresentationClock.NONE) {
            return;
        }
        long anchor = wallClockMicros - timestampNanos / 1000;
        if (cameraMicros == UNKNOWN || Math.abs(anchor - cameraMicros) > MAX_CLOCK_STEP_MICROS) {
            offsetMillis = UNKNOWN;
        }
        cameraMicros = anchor;
    }

    /**
     * Milliseconds since 1970 UTC at which the frame was captured.
     *
     * @param timestampNanos the frame's own time, or {@link PresentationClock#NONE}
     * @param trusted whether the stream's timestamps advance with time
     */
    public long capturedAtMillis(long timestampNanos, boolean trusted) {
        return capturedAtMillis(timestampNanos, trusted, wall.millis());
    }

    long capturedAtMillis(long timestampNanos, boolean trusted, long nowMillis) {
        long captured = nowMillis;
        if (cameraMicros == UNKNOWN || timestampNanos == PresentationClock.NONE) {
            cameraTimeMillis = UNKNOWN;
        } else {
            cameraTimeMillis = (cameraMicros + timestampNanos / 1000) / 1000;
            updateOffset(nowMillis);
            cameraOffsetMillis = -offsetMillis;
            captured = trusted ? Math.min(nowMillis, cameraTimeMillis + offsetMillis) : nowMillis;
        }
        lastMillis = lastMillis == UNKNOWN ? captured : Math.max(lastMillis, captured);
        return lastMillis;
    }

    private void updateOffset(long nowMillis) {
        long difference = nowMillis - cameraTimeMillis;
        if (offsetMillis == UNKNOWN || difference <= offsetMillis || difference - offsetMillis > MAX_DELAY_MILLIS) {
            offsetMillis = difference;
            offsetAtMillis = nowMillis;
        } else {
            long drift = (nowMillis - offsetAtMillis) / DRIFT_MILLIS_PER_SECOND_DIVISOR;
            if (drift > 0) {
                offsetMillis = Math.min(difference, offsetMillis + drift);
                offsetAtMillis = nowMillis;
            }
        }
    }

    /** The camera's own time of the latest frame, milliseconds since 1970 UTC; {@link #UNKNOWN} where it does not tell it. */
    public long cameraTimeMillis() {
        return cameraTimeMillis;
    }

    /** How far the camera's clock is ahead of ours, in milliseconds; {@link #UNKNOWN} where the camera does not tell it. */
    public long cameraOffsetMillis() {
        return cameraOffsetMillis;
    }
}
