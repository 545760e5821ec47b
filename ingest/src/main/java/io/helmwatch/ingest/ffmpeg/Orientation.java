package io.helmwatch.ingest.ffmpeg;

/**
 * How a decoded picture has to be turned to stand upright: the eight ways to lay a rectangle on itself.
 *
 * <p>From a display matrix as in ISO/IEC 14496-12 and FFmpeg's {@code libavutil/display.h}: {@code x' = a·x + c·y},
 * {@code y' = b·x + d·y} with x to the right and y down. Angles that are no multiple of 90° become the nearest one.
 */
enum Orientation {
    UPRIGHT("", false),
    CLOCKWISE("transpose=clock", true),
    // hflip last: vflip alone only turns the stride negative, hflip writes a new picture.
    HALF_TURN("vflip,hflip", false),
    COUNTER_CLOCKWISE("transpose=cclock", true),
    MIRRORED("hflip", false),
    FLIPPED("vflip,copy", false),
    TRANSPOSED("transpose=cclock_flip", true),
    ANTI_TRANSPOSED("transpose=clock_flip", true);

    private final String filter;
    private final boolean swapsSides;

    Orientation(String filter, boolean swapsSides) {
        this.filter = filter;
        this.swapsSides = swapsSides;
    }

    /** The filter chain that turns; empty for {@link #UPRIGHT}. */
    String filter() {
        return filter;
    }

    /** Whether width and height change places. */
    boolean swapsSides() {
        return swapsSides;
    }

    static Orientation of(int a, int b, int c, int d) {
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
