package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.vision.ColorEncoding.Matrix;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.nio.ByteBuffer;
import java.util.List;

/** Reads single pixels of a frame the slow and plain way: ITU-T H.273's formulas, one sample at a time. */
public final class FramePixels {

    private FramePixels() {}

    /** Colours {@code 0xRRGGBB} in the middle of the quadrants: top left, top right, bottom left, bottom right. */
    public static List<Integer> quadrants(VideoFrame frame) {
        int left = frame.width() / 4;
        int right = frame.width() * 3 / 4;
        int top = frame.height() / 4;
        int bottom = frame.height() * 3 / 4;
        return List.of(
                rgb(frame, left, top), rgb(frame, right, top), rgb(frame, left, bottom), rgb(frame, right, bottom));
    }

    /** The colour of a pixel as {@code 0xRRGGBB}. */
    public static int rgb(VideoFrame frame, int x, int y) {
        PixelFormat format = frame.format();
        if (format.isRgb()) {
            ByteBuffer plane = frame.plane(0);
            int at = y * frame.strideBytes(0) + 3 * x;
            int first = plane.get(at) & 0xff;
            int third = plane.get(at + 2) & 0xff;
            int green = plane.get(at + 1) & 0xff;
            return format == PixelFormat.RGB24 ? first << 16 | green << 8 | third : third << 16 | green << 8 | first;
        }
        double scale = 1 << (format.bitDepth() - 8);
        double luma = sample(frame, 0, x, y, 1, 0) / scale;
        double cb = 128;
        double cr = 128;
        if (format.planes() > 1) {
            int cx = x >> format.chromaShiftX();
            int cy = y >> format.chromaShiftY();
            boolean interleaved = format.planes() == 2;
            cb = sample(frame, 1, cx, cy, interleaved ? 2 : 1, 0) / scale;
            cr = sample(frame, interleaved ? 1 : 2, cx, cy, interleaved ? 2 : 1, interleaved ? 1 : 0) / scale;
        }
        boolean full = frame.color().fullRange();
        double ey = full ? luma / 255 : (luma - 16) / 219;
        double epb = (cb - 128) / (full ? 255 : 224);
        double epr = (cr - 128) / (full ? 255 : 224);
        Matrix matrix = frame.color().matrix();
        double red = ey + 2 * (1 - matrix.kr()) * epr;
        double blue = ey + 2 * (1 - matrix.kb()) * epb;
        double green = (ey - matrix.kr() * red - matrix.kb() * blue) / (1 - matrix.kr() - matrix.kb());
        return clip(red) << 16 | clip(green) << 8 | clip(blue);
    }

    private static int sample(VideoFrame frame, int plane, int x, int y, int step, int offset) {
        PixelFormat format = frame.format();
        int bytes = format.sampleBytes();
        int at = y * frame.strideBytes(plane) + (x * step + offset) * bytes;
        ByteBuffer samples = frame.plane(plane);
        int value = bytes == 1 ? samples.get(at) & 0xff : samples.getShort(at) & 0xffff;
        return value >> format.sampleShift();
    }

    private static int clip(double value) {
        return (int) Math.max(0, Math.min(255, Math.round(value * 255)));
    }

    /** The largest difference of a component of two colours. */
    public static int difference(int one, int other) {
        int largest = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
            largest = Math.max(largest, Math.abs((one >> shift & 0xff) - (other >> shift & 0xff)));
        }
        return largest;
    }
}
