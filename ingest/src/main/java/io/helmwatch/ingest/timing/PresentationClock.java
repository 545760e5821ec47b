package io.helmwatch.ingest.timing;

/**
 * Turns a stream's timestamps into nanoseconds since its first frame that never go back.
 *
 * <ul>
 *   <li>A timestamp that repeats, or goes back by up to 1 s, becomes 1 µs after the frame before it; what follows is not shifted.
 *   <li>A timestamp that is missing becomes one frame duration after the frame before it.
 *   <li>A timestamp that goes back by more than 1 s (a wrap, a loop, a new connection) or ahead by more than the largest gap
 *       starts a new segment. It begins one frame duration after the frame before it, for live streams as much later as time
 *       really passed.
 * </ul>
 *
 * <p>Threading: one thread. Allocates nothing.
 */
public final class PresentationClock {
    /** No timestamp. */
    public static final long NONE = Long.MIN_VALUE;

    private static final long SMALL_STEP_BACK = 1_000_000_000L;
    private static final long NUDGE = 1_000L;

    private final long largestGapNanos;
    private final boolean live;
    private boolean started;
    private boolean anchored;
    private long anchorNanos;
    private long anchorOutput;
    private long last;
    private long lastReceived;

    /**
     * @param largestGapNanos a step ahead that is larger is a jump
     * @param live whether jumps advance by the time that passed
     */
    public PresentationClock(long largestGapNanos, boolean live) {
        this.largestGapNanos = largestGapNanos;
        this.live = live;
    }

    /** The next frame's time comes from a new connection or a new round of a loop. */
    public void restart() {
        anchored = false;
    }

    /**
     * The sanitised time of the next frame.
     *
     * @param timestampNanos the stream's own, or {@link #NONE}
     * @param durationNanos the nominal duration of a frame, above 0
     * @param receivedNanos {@link System#nanoTime()}
     */
    public long next(long timestampNanos, long durationNanos, long receivedNanos) {
        if (!started) {
            started = true;
            last = 0;
            anchor(timestampNanos, 0);
        } else if (timestampNanos == NONE) {
            last += durationNanos;
        } else if (!anchored) {
            last += step(durationNanos, receivedNanos);
            anchor(timestampNanos, last);
        } else {
            long candidate = anchorOutput + (timestampNanos - anchorNanos);
            long ahead = candidate - last;
            if (ahead > 0 && ahead <= largestGapNanos) {
                last = candidate;
            } else if (ahead <= 0 && ahead >= -SMALL_STEP_BACK) {
                last += NUDGE;
            } else {
                last += step(durationNanos, receivedNanos);
                anchor(timestampNanos, last);
            }
        }
        lastReceived = receivedNanos;
        return last;
    }

    private long step(long durationNanos, long receivedNanos) {
        return live ? Math.max(durationNanos, receivedNanos - lastReceived) : durationNanos;
    }

    private void anchor(long timestampNanos, long output) {
        anchored = timestampNanos != NONE;
        anchorNanos = timestampNanos;
        anchorOutput = output;
    }

    /** {@code timestamp · numerator / denominator} seconds in nanoseconds; {@link #NONE} where that is not a sensible time. */
    public static long toNanos(long timestamp, int numerator, int denominator) {
        if (numerator <= 0 || denominator <= 0) {
            return NONE;
        }
        double nanos = (double) timestamp * numerator / denominator * 1e9;
        if (!(Math.abs(nanos) < 2e18)) {
            return NONE;
        }
        long whole = timestamp / denominator;
        long rest = timestamp % denominator * numerator;
        if (Math.abs(rest) > Long.MAX_VALUE / 1_000_000_000L) {
            return (long) nanos;
        }
        return whole * numerator * 1_000_000_000L + rest * 1_000_000_000L / denominator;
    }
}
