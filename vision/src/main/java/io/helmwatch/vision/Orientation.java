package io.helmwatch.vision;

/**
 * How a stored picture has to be turned to stand upright: the eight ways to lay a rectangle on itself. This is the one place that says what
 * turning means; whoever turns pictures, on a CPU or a GPU, is tested against it.
 *
 * <p>Upright pixel {@code (x, y)} of a picture stored with size {@code w x h} lies at stored pixel {@code (storedX, storedY)}; coordinates are those
 * of pixel centres, from 0, and may be fractions. A plane of subsampled chroma turns in the same way with its own size.
 */
public enum Orientation {
    /** As it is stored. */
    UPRIGHT(false, false, false),
    /** Turned by 90 degrees to the right. */
    CLOCKWISE(true, false, true),
    /** Turned by 180 degrees. */
    HALF_TURN(false, true, true),
    /** Turned by 90 degrees to the left. */
    COUNTER_CLOCKWISE(true, true, false),
    /** Left and right exchanged. */
    MIRRORED(false, true, false),
    /** Top and bottom exchanged. */
    FLIPPED(false, false, true),
    /** Rows become columns. */
    TRANSPOSED(true, false, false),
    /** Rows become columns, then turned by 180 degrees. */
    ANTI_TRANSPOSED(true, true, true);

    private final boolean swapsSides;
    private final boolean flipsStoredX;
    private final boolean flipsStoredY;

    Orientation(boolean swapsSides, boolean flipsStoredX, boolean flipsStoredY) {
        this.swapsSides = swapsSides;
        this.flipsStoredX = flipsStoredX;
        this.flipsStoredY = flipsStoredY;
    }

    /** Whether width and height change places. */
    public boolean swapsSides() {
        return swapsSides;
    }

    /** Whether the stored column counts from the right. */
    public boolean flipsStoredX() {
        return flipsStoredX;
    }

    /** Whether the stored row counts from the bottom. */
    public boolean flipsStoredY() {
        return flipsStoredY;
    }

    /** The stored column of an upright pixel, of a picture stored {@code storedWidth} wide. */
    public double storedX(double x, double y, int storedWidth) {
        double along = swapsSides ? y : x;
        return flipsStoredX ? storedWidth - 1 - along : along;
    }

    /** The stored row of an upright pixel, of a picture stored {@code storedHeight} high. */
    public double storedY(double x, double y, int storedHeight) {
        double along = swapsSides ? x : y;
        return flipsStoredY ? storedHeight - 1 - along : along;
    }

    /**
     * From a display matrix as in ISO/IEC 14496-12 and FFmpeg's {@code libavutil/display.h}: {@code x' = a·x + c·y}, {@code y' = b·x + d·y} with x to
     * the right and y down. Angles that are no multiple of 90 degrees become the nearest one.
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
