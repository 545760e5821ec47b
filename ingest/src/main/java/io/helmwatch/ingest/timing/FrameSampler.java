package io.helmwatch.ingest.timing;

/**
 * Chooses the frames that {@code analyze-fps} lets through, by their time: frame after frame the first one that reaches the next
 * point of an even grid. A pause does not make up for the points it missed.
 *
 * <p>Threading: one thread. Allocates nothing.
 */
public final class FrameSampler {
    /** Timestamps of containers are rounded to milliseconds: half of one must not cost a frame. */
    private static final long TOLERANCE_NANOS = 600_000L;

    private final double intervalNanos;
    private double nextNanos;
    private boolean started;
    private boolean startsAtFirst;

    /** @param framesPerSecond frames let through per second; 0 lets all through */
    public FrameSampler(double framesPerSecond) {
        intervalNanos = framesPerSecond > 0 ? 1e9 / framesPerSecond : 0;
    }

    /** Whether the frame at this presentation time is let through. */
    public boolean admits(long ptsNanos) {
        return admits(ptsNanos, 0);
    }

    /**
     * Whether the frame at this time is let through when it may be early.
     *
     * @param slackNanos so much before a point of the grid it counts as having reached it
     */
    public boolean admits(long ptsNanos, long slackNanos) {
        if (intervalNanos == 0) {
            return true;
        }
        if (!started) {
            started = true;
            nextNanos = startsAtFirst ? ptsNanos : 0;
        }
        double reached = ptsNanos + TOLERANCE_NANOS + (double) slackNanos;
        if (reached < nextNanos) {
            return false;
        }
        nextNanos += (Math.floor((reached - nextNanos) / intervalNanos) + 1) * intervalNanos;
        return true;
    }

    /** The next frame is the first one of an even grid of its own. */
    void restart() {
        started = false;
        startsAtFirst = true;
    }
}
