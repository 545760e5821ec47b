package io.helmwatch.preprocess;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.ColorEncoding.Matrix;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import java.nio.ByteBuffer;
import java.util.Random;

/** Synthetic pictures: soft waves of every colour with hard edges and a little noise, the same for the same arguments. */
final class TestPictures {

    static final ColorEncoding BT601 = new ColorEncoding(Matrix.BT601, false);
    static final ColorEncoding BT709 = new ColorEncoding(Matrix.BT709, false);
    static final ColorEncoding BT709_FULL = new ColorEncoding(Matrix.BT709, true);
    static final ColorEncoding BT2020 = new ColorEncoding(Matrix.BT2020, false);

    private TestPictures() {}

    /** A picture in any format; the caller closes it. */
    static HostFrame picture(ImageSize size, PixelFormat format, ColorEncoding color, int extraStride) {
        HostFrame frame = HostFrame.allocate(size, format, color, extraStride);
        Random random = new Random(size.width() * 31L + size.height());
        for (int plane = 0; plane < format.planes(); plane++) {
            ByteBuffer samples = frame.plane(plane);
            boolean chroma = plane > 0;
            int rowBytes = format.planeRowBytes(plane, size.width());
            int components = format.isRgb() ? 3 : chroma && format.planes() == 2 ? 2 : 1;
            int columns = rowBytes / format.sampleBytes() / components;
            for (int y = 0; y < format.planeRows(plane, size.height()); y++) {
                for (int i = 0; i < columns * components; i++) {
                    double u = (i / components + 0.5) / columns;
                    double v = (y + 0.5) / format.planeRows(plane, size.height());
                    int component = i % components + (chroma ? plane : 0);
                    int value = value(u, v, component, chroma, random);
                    put(samples, y * frame.strideBytes(plane), i, value, format);
                }
            }
        }
        return frame;
    }

    private static int value(double u, double v, int component, boolean chroma, Random random) {
        double wave = Math.sin(7 * u + 2 * component) * Math.cos(5 * v - component);
        if (chroma) {
            // Moderate colours: saturated ones are clamped at different points by different implementations.
            return (int) (128 + 30 * wave + random.nextInt(3));
        }
        boolean bar = (int) (u * 9) % 3 == 0 && (int) (v * 7) % 2 == 0;
        return (int) (120 + 60 * wave + (bar ? 30 : 0) + random.nextInt(5));
    }

    private static void put(ByteBuffer samples, int rowOffset, int column, int value8, PixelFormat format) {
        if (format.sampleBytes() == 1) {
            samples.put(rowOffset + column, (byte) value8);
        } else {
            int value = value8 << format.bitDepth() - 8 << format.sampleShift();
            samples.put(rowOffset + 2 * column, (byte) value).put(rowOffset + 2 * column + 1, (byte) (value >> 8));
        }
    }
}
