package io.helmwatch.sinks.opencv;

import io.helmwatch.vision.ColorEncoding;

/**
 * What a luma or chroma sample of 8 bits adds to a colour, in fixed point; values are rounded to nearest.
 *
 * <p>Threading: any; immutable.
 */
final class ColorTables {
    private static final int SHIFT = 16;
    private static final int LEVELS = 256;
    private static final ColorTables[] ALL = new ColorTables[2 * ColorEncoding.Matrix.values().length];

    private final int[] luma = new int[LEVELS];
    private final int[] redOfCr = new int[LEVELS];
    private final int[] greenOfCr = new int[LEVELS];
    private final int[] greenOfCb = new int[LEVELS];
    private final int[] blueOfCb = new int[LEVELS];

    static {
        for (ColorEncoding.Matrix matrix : ColorEncoding.Matrix.values()) {
            ALL[2 * matrix.ordinal()] = new ColorTables(matrix, false);
            ALL[2 * matrix.ordinal() + 1] = new ColorTables(matrix, true);
        }
    }

    private ColorTables(ColorEncoding.Matrix matrix, boolean fullRange) {
        double lumaGain = fullRange ? 1 : 255.0 / 219;
        double lumaOffset = fullRange ? 0 : 16;
        double chromaGain = fullRange ? 1 : 255.0 / 224;
        double kr = matrix.kr();
        double kb = matrix.kb();
        double red = 2 * (1 - kr) * chromaGain;
        double blue = 2 * (1 - kb) * chromaGain;
        for (int i = 0; i < LEVELS; i++) {
            luma[i] = fixed((i - lumaOffset) * lumaGain) + (1 << (SHIFT - 1));
            redOfCr[i] = fixed((i - 128) * red);
            blueOfCb[i] = fixed((i - 128) * blue);
            greenOfCr[i] = fixed(-(i - 128) * red * kr / (1 - kr - kb));
            greenOfCb[i] = fixed(-(i - 128) * blue * kb / (1 - kr - kb));
        }
    }

    private static int fixed(double value) {
        return (int) Math.round(value * (1 << SHIFT));
    }

    static ColorTables of(ColorEncoding color) {
        return ALL[2 * color.matrix().ordinal() + (color.fullRange() ? 1 : 0)];
    }

    /** Writes the blue, green and red of a sample to three bytes. */
    void write(int y, int cb, int cr, byte[] bgr, int at) {
        int base = luma[y];
        bgr[at] = clamp(base + blueOfCb[cb]);
        bgr[at + 1] = clamp(base + greenOfCb[cb] + greenOfCr[cr]);
        bgr[at + 2] = clamp(base + redOfCr[cr]);
    }

    private static byte clamp(int fixed) {
        int value = fixed >> SHIFT;
        return (byte) (value < 0 ? 0 : Math.min(value, 255));
    }
}
