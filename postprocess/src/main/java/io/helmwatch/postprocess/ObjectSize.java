package io.helmwatch.postprocess;

/** COCO's classes of object size, by the area of the box in source pixels. */
public enum ObjectSize {
    /** Below 32 x 32. */
    SMALL(0, 32 * 32),
    /** From 32 x 32, below 96 x 96. */
    MEDIUM(32 * 32, 96 * 96),
    /** From 96 x 96. */
    LARGE(96 * 96, Double.POSITIVE_INFINITY);

    private final double low;
    private final double high;

    ObjectSize(double low, double high) {
        this.low = low;
        this.high = high;
    }

    /** Minimum area in square pixels, inclusive. */
    public double low() {
        return low;
    }

    /** Maximum area in square pixels, exclusive. */
    public double high() {
        return high;
    }
}
