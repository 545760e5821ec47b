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

    /** @param framesPerSecond frames let through per second; 0 lets all through */
    public FrameSampler(double framesPerSecond) {
        intervalNanos = framesPerSecond > 0 ? 1e9 / framesPerSecond : 0;
    }

    /** Whether the frame at this presentation time is let through. */
    public boolean admits(long ptsNanos) {
        if (intervalNanos == 0) {
            return true;
        }
        if (ptsNanos + TOLERANCE_NANOS < nextNanos) {
            return false;
        }
        double points = Math.floor((ptsNanos + TOLERANCE_NANOS - nextNanos) / intervalNanos) + 1;
        nextNanos += points * intervalNanos;
        return true;
    }
}
