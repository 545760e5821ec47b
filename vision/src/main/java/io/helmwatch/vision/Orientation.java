package io.helmwatch.vision;

/**
 * How a stored frame has to be rotated or mirrored to be upright: the eight symmetries of a rectangle. The only definition of the
 * geometry; the CPU and the GPU implementation are tested against it.
 *
 * <p>Upright pixel {@code (x, y)} of a frame stored with size {@code w x h} is stored pixel {@code (storedX, storedY)}; coordinates are
 * those of pixel centres, from 0, and may be fractions. A subsampled chroma plane is rotated in the same way with its own size.
 */
public enum Orientation {
    /** Stored upright. */
    UPRIGHT(false, false, false),
    /** To be rotated by 90 degrees clockwise. */
    CLOCKWISE(true, false, true),
    /** To be rotated by 180 degrees. */
    HALF_TURN(false, true, true),
    /** To be rotated by 90 degrees counter-clockwise. */
    COUNTER_CLOCKWISE(true, true, false),
    /** To be mirrored left to right. */
    MIRRORED(false, true, false),
    /** To be flipped top to bottom. */
    FLIPPED(false, false, true),
    /** To be transposed: rows become columns. */
    TRANSPOSED(true, false, false),
    /** To be transposed, then rotated by 180 degrees. */
    ANTI_TRANSPOSED(true, true, true);

    private final boolean swapsSides;
    private final boolean flipsStoredX;
    private final boolean flipsStoredY;

    Orientation(boolean swapsSides, boolean flipsStoredX, boolean flipsStoredY) {
        this.swapsSides = swapsSides;
        this.flipsStoredX = flipsStoredX;
        this.flipsStoredY = flipsStoredY;
    }

    /** Whether width and height are swapped. */
    public boolean swapsSides() {
        return swapsSides;
    }

    /** The stored column of an upright pixel, of a frame with {@code storedWidth} columns. */
    public double storedX(double x, double y, int storedWidth) {
        double along = swapsSides ? y : x;
        return flipsStoredX ? storedWidth - 1 - along : along;
    }

    /** The stored row of an upright pixel, of a frame with {@code storedHeight} rows. */
    public double storedY(double x, double y, int storedHeight) {
        double along = swapsSides ? x : y;
        return flipsStoredY ? storedHeight - 1 - along : along;
    }

    /**
     * The orientation of a display matrix, as in ISO/IEC 14496-12 and FFmpeg's {@code libavutil/display.h}: {@code x' = a·x + c·y}, {@code y' = b·x + d·y} with x to
     * the right and y down. Angles are rounded to the nearest multiple of 90 degrees.
     */
    public static Orientation of(int a, int b, int c, int d) {
        if (Math.abs((long) a) + Math.abs((long) d) >= Math.abs((long) b) + Math.abs((long) c)) {
            if (a >= 0) {
                return d >= 0 ? UPRIGHT : FLIPPED;
            }
            return d >= 0 ? MIRRORED : HALF_TURN;
        }
        if (b >= 0) {
            return c >= 0 ? TRANSPOSED : CLOCKWISE;
        }
        return c >= 0 ? COUNTER_CLOCKWISE : ANTI_TRANSPOSED;
    }
}
