package io.helmwatch.postprocess.tracking;

/**
 * When a head may be one that was last seen elsewhere: the two have about the same size and are no farther apart than a person can be after
 * the time unseen.
 *
 * <p>Threading: any thread.
 */
public final class HeadDistance {
    /** Maximum distance, in head sizes: at once, per second unseen, limit. */
    private static final double REACH = 2;

    private static final double REACH_PER_SECOND = 1;
    private static final double REACH_LIMIT = 5;
    private static final double SIZE_RATIO = 1.8;

    private HeadDistance() {}

    /**
     * Maximum distance in source pixels.
     *
     * @param size root of the area of the head's box when it was last seen
     * @param unseenNanos time since then
     */
    public static double reach(double size, long unseenNanos) {
        return Math.min(REACH_LIMIT, REACH + REACH_PER_SECOND * (unseenNanos / 1e9)) * size;
    }

    /** Whether two sizes may be those of one head. */
    public static boolean isSameSize(double size, double other) {
        double ratio = size / other;
        return ratio <= SIZE_RATIO && ratio >= 1 / SIZE_RATIO;
    }
}
