package io.helmwatch.sinks.opencv;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A copy of a frame's samples, so that the frame itself can be released at once. Reused; grows to the largest frame.
 *
 * <p>Threading: written by the pipeline's thread, read by the store's, transferred through a queue.
 */
final class FrameCopy {
    /** Row alignment of the frames that FFmpeg allocates for a download, bytes. */
    private static final int ROW_ALIGNMENT = 64;

    private final int[] offsets = new int[3];
    private final int[] strides = new int[3];
    private ByteBuffer samples = ByteBuffer.allocateDirect(0);
    private int width;
    private int height;
    private PixelFormat format = PixelFormat.GRAY8;
    private ColorEncoding color = new ColorEncoding(ColorEncoding.Matrix.BT601, false);

    /** Largest size of a copy of a frame, bytes. The strides of a frame in device memory are those of its surface, which may be stored rotated. */
    static int bytes(VideoFrame frame) {
        int bytes = 0;
        for (int plane = 0; plane < frame.format().planes(); plane++) {
            int row = frame.format().planeRowBytes(plane, frame.width());
            int aligned = (row + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
            bytes += Math.max(frame.strideBytes(plane), aligned) * rows(frame.format(), frame.height(), plane);
        }
        return bytes;
    }

    /** Allocates memory in advance: the first access to new memory costs more than the copy itself. */
    void reserve(int bytes) {
        if (samples.capacity() < bytes) {
            samples = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Copies whole planes, padding included: one pass over memory per plane. */
    void take(VideoFrame frame) {
        width = frame.width();
        height = frame.height();
        format = frame.format();
        color = frame.color();
        int bytes = 0;
        for (int plane = 0; plane < format.planes(); plane++) {
            strides[plane] = frame.strideBytes(plane);
            offsets[plane] = bytes;
            bytes += strides[plane] * rows(format, height, plane);
        }
        reserve(bytes);
        for (int plane = 0; plane < format.planes(); plane++) {
            ByteBuffer from = frame.plane(plane).duplicate();
            // The last row may end before its stride does.
            int length = Math.min(from.remaining(), strides[plane] * rows(format, height, plane));
            samples.put(offsets[plane], from, from.position(), length);
        }
    }

    private static int rows(PixelFormat format, int height, int plane) {
        int shift = plane == 0 ? 0 : format.chromaShiftY();
        return (height + (1 << shift) - 1) >> shift;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Converts to rows of B, G, R bytes without padding. Chroma is that of the nearest sample; values are rounded to nearest. */
    void toBgr(byte[] bgr) {
        if (format == PixelFormat.RGB24 || format == PixelFormat.BGR24) {
            copyRgb(bgr);
            return;
        }
        if (format.sampleBytes() == 1) {
            convertBytes(bgr);
            return;
        }
        int bits = format.bitDepth();
        double scale = 1 << (bits - 8);
        double lumaOffset = color.fullRange() ? 0 : 16 * scale;
        double lumaGain = color.fullRange() ? 255.0 / ((1 << bits) - 1) : 255.0 / (219 * scale);
        double chromaGain = color.fullRange() ? 255.0 / ((1 << bits) - 1) : 255.0 / (224 * scale);
        double chromaZero = 128 * scale;
        double kr = color.matrix().kr();
        double kb = color.matrix().kb();
        double redOfCr = 2 * (1 - kr) * chromaGain;
        double blueOfCb = 2 * (1 - kb) * chromaGain;
        double greenOfCr = -redOfCr * kr / (1 - kr - kb);
        double greenOfCb = -blueOfCb * kb / (1 - kr - kb);
        boolean gray = format == PixelFormat.GRAY8;
        for (int y = 0; y < height; y++) {
            int out = 3 * y * width;
            for (int x = 0; x < width; x++) {
                double luma = (sample(0, x, y) - lumaOffset) * lumaGain;
                double cb = gray ? 0 : chroma(0, x, y) - chromaZero;
                double cr = gray ? 0 : chroma(1, x, y) - chromaZero;
                bgr[out++] = clamp(luma + blueOfCb * cb);
                bgr[out++] = clamp(luma + greenOfCb * cb + greenOfCr * cr);
                bgr[out++] = clamp(luma + redOfCr * cr);
            }
        }
    }

    /** Samples of 8 bits: whole rows at a time, with tables in fixed point for what each sample adds to a colour. */
    private void convertBytes(byte[] bgr) {
        ColorTables tables = ColorTables.of(color);
        int chromaPlanes = format.planes() - 1;
        byte[] luma = new byte[width];
        byte[] first = new byte[chromaPlanes == 0 ? 0 : format.planeRowBytes(1, width)];
        byte[] second = new byte[chromaPlanes == 2 ? first.length : 0];
        int step = chromaPlanes == 1 ? 2 : 1;
        for (int y = 0; y < height; y++) {
            samples.get(offsets[0] + y * strides[0], luma);
            if (chromaPlanes > 0 && (y & ((1 << format.chromaShiftY()) - 1)) == 0) {
                int row = y >> format.chromaShiftY();
                samples.get(offsets[1] + row * strides[1], first);
                if (chromaPlanes == 2) {
                    samples.get(offsets[2] + row * strides[2], second);
                }
            }
            int out = 3 * y * width;
            for (int x = 0; x < width; x++, out += 3) {
                int column = (x >> format.chromaShiftX()) * step;
                int cb = chromaPlanes == 0 ? 128 : first[column] & 0xff;
                int cr = chromaPlanes == 0 ? 128 : (chromaPlanes == 1 ? first[column + 1] : second[column]) & 0xff;
                tables.write(luma[x] & 0xff, cb, cr, bgr, out);
            }
        }
    }

    private void copyRgb(byte[] bgr) {
        int red = format == PixelFormat.RGB24 ? 0 : 2;
        for (int y = 0; y < height; y++) {
            int from = offsets[0] + y * strides[0];
            int out = 3 * y * width;
            for (int x = 0; x < width; x++, from += 3, out += 3) {
                bgr[out] = samples.get(from + 2 - red);
                bgr[out + 1] = samples.get(from + 1);
                bgr[out + 2] = samples.get(from + red);
            }
        }
    }

    private int chroma(int which, int x, int y) {
        int column = x >> format.chromaShiftX();
        int row = y >> format.chromaShiftY();
        return format.planes() == 2 ? sample(1, 2 * column + which, row) : sample(1 + which, column, row);
    }

    private int sample(int plane, int column, int row) {
        int at = offsets[plane] + row * strides[plane];
        if (format.sampleBytes() == 1) {
            return samples.get(at + column) & 0xff;
        }
        return (samples.getShort(at + 2 * column) & 0xffff) >> format.sampleShift();
    }

    private static byte clamp(double value) {
        return (byte) Math.max(0, Math.min(255, (int) (value + 0.5)));
    }
}
