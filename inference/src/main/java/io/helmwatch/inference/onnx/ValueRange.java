package io.helmwatch.inference.onnx;

/**
 * Range of a tensor's values that INT8 represents; values outside are clipped. It includes zero, so that zero is exact.
 *
 * @param low lower end, at most 0
 * @param high upper end, at least 0
 */
record ValueRange(float low, float high) {

    private static final int LEVELS = 255;

    /** Range of a sigmoid. */
    static final ValueRange UNIT = new ValueRange(0, 1);

    /** Includes zero; refuses what is not finite. */
    ValueRange {
        if (!Float.isFinite(low) || !Float.isFinite(high) || low > high) {
            throw new IllegalArgumentException("range " + low + ".." + high + ": expected finite numbers, low <= high");
        }
        low = Math.min(low, 0);
        high = Math.max(high, 0);
    }

    /** Distance of two levels of unsigned INT8. */
    float scale() {
        float scale = (high - low) / LEVELS;
        // A tensor of zeros, or of next to nothing.
        return scale < Float.MIN_NORMAL ? 1f / LEVELS : scale;
    }

    /** The level of zero, 0..255. */
    int zeroPoint() {
        return Math.max(0, Math.min(LEVELS, Math.round(-low / scale())));
    }
}
