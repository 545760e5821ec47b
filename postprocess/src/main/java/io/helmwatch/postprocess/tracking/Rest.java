package io.helmwatch.postprocess.tracking;

/**
 * Whether a head rests, as a poster or a round thing does: its centre, averaged over about a second, stays within a fraction of a head's size for
 * a time. A person's head does not, standing or sitting.
 *
 * <p>Threading: as its tracker. Allocates nothing after its creation.
 */
final class Rest {
    /** How far a resting head's averaged centre may be from where it came to rest, in head sizes: 4 cm. */
    private static final double REACH = 0.15;
    /** The same for a head that is known to be static, whose detections may jump once in a while. */
    private static final double STATIC_REACH = 0.35;

    private static final double AVERAGE_SECONDS = 1;

    private double x;
    private double y;
    private double anchorX;
    private double anchorY;
    private long restedNanos;
    private boolean isStatic;

    /** The head is seen for the first time. */
    void start(double centerX, double centerY) {
        x = centerX;
        y = centerY;
        settle();
    }

    /** The head starts where one rested before: it continues that rest. */
    void resume(double placeX, double placeY, long nanos, boolean wasStatic) {
        anchorX = placeX;
        anchorY = placeY;
        restedNanos = nanos;
        isStatic = wasStatic;
    }

    private void settle() {
        anchorX = x;
        anchorY = y;
        restedNanos = 0;
        isStatic = false;
    }

    /**
     * The head is seen again.
     *
     * @param size root of the box's area
     * @param stepNanos time since the frame before
     */
    void observe(double centerX, double centerY, double size, long stepNanos) {
        double weight = Math.min(1, stepNanos / 1e9 / AVERAGE_SECONDS);
        x += weight * (centerX - x);
        y += weight * (centerY - y);
        if (Math.hypot(x - anchorX, y - anchorY) > (isStatic ? STATIC_REACH : REACH) * size) {
            settle();
        } else {
            restedNanos += stepNanos;
        }
    }

    /**
     * Decides whether the head has rested for so long that it is static.
     *
     * @param staticNanos rest after which it is; 0 for never
     */
    void judge(long staticNanos) {
        isStatic |= staticNanos > 0 && restedNanos >= staticNanos;
    }

    /** Continues as another track of the same head; the longer rest counts where both rest in the same place. */
    void reidentify(Rest other, double size) {
        x = other.x;
        y = other.y;
        boolean isSamePlace = Math.hypot(anchorX - other.anchorX, anchorY - other.anchorY) <= REACH * size;
        if (!isSamePlace || other.restedNanos > restedNanos) {
            resume(other.anchorX, other.anchorY, other.restedNanos, other.isStatic);
        }
    }

    /** Horizontal position at which it rests, in source pixels. */
    double placeX() {
        return anchorX;
    }

    /** Vertical position at which it rests, in source pixels. */
    double placeY() {
        return anchorY;
    }

    /** How long it was seen at rest. */
    long restedNanos() {
        return restedNanos;
    }

    boolean isStatic() {
        return isStatic;
    }
}
