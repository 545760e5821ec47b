package io.helmwatch.preprocess.cuda;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.Letterbox;
import java.nio.ByteBuffer;

/** Writes {@code struct Frame} of {@code letterbox_nchw.cu}: the description of one frame for the kernel. */
final class FrameDescriptor {

    /** Size of the struct, padded to a multiple of 8 bytes. */
    static final int BYTES = 168;

    private static final int LAYOUT_SEMI_PLANAR = 0;
    private static final int LAYOUT_PLANAR = 1;
    private static final int LAYOUT_GRAY = 2;
    private static final int LAYOUT_PACKED = 3;

    private FrameDescriptor() {}

    /**
     * Writes a descriptor.
     *
     * @param to native order
     * @param offset of the first byte
     * @param planes device addresses of the samples
     * @param index index of the frame in the batch
     */
    static void write(ByteBuffer to, int offset, VideoFrame frame, long[] planes, Letterbox letterbox, int index) {
        PixelFormat format = frame.format();
        for (int plane = 0; plane < 3; plane++) {
            boolean used = plane < format.planes();
            to.putLong(offset + 8 * plane, used ? planes[plane] : 0);
            to.putInt(offset + 24 + 4 * plane, used ? frame.strideBytes(plane) : 0);
        }
        int at = offset + 36;
        int storedWidth = frame.info().storedWidth();
        int storedHeight = frame.info().storedHeight();
        to.putInt(at, storedWidth);
        to.putInt(at + 4, storedHeight);
        to.putInt(at + 8, -(-storedWidth >> format.chromaShiftX()));
        to.putInt(at + 12, -(-storedHeight >> format.chromaShiftY()));
        to.putInt(at + 16, layout(format));
        to.putInt(at + 20, format.sampleBytes() == 2 ? 1 : 0);
        to.putInt(at + 24, letterbox.scaledWidth());
        to.putInt(at + 28, letterbox.scaledHeight());
        to.putInt(at + 32, letterbox.padLeft());
        to.putInt(at + 36, letterbox.padTop());
        to.putFloat(at + 40, (float) ((double) frame.width() / letterbox.scaledWidth()));
        to.putFloat(at + 44, (float) ((double) frame.height() / letterbox.scaledHeight()));
        // Chroma samples are in the middle of their luma samples, as for the CPU.
        to.putFloat(at + 48, chromaScale(format.chromaShiftX()));
        to.putFloat(at + 52, chromaOffset(format.chromaShiftX()));
        to.putFloat(at + 56, chromaScale(format.chromaShiftY()));
        to.putFloat(at + 60, chromaOffset(format.chromaShiftY()));
        writeColor(to, at + 64, format, frame.color());
        to.putInt(at + 96, format == PixelFormat.BGR24 ? 2 : 0);
        to.putInt(at + 100, format == PixelFormat.BGR24 ? 0 : 2);
        to.putInt(at + 104, index);
        writeTurn(to, at + 108, frame.orientation(), storedWidth, storedHeight);
    }

    /** Stored column, then stored row, each as a linear function of upright column and row. */
    private static void writeTurn(ByteBuffer to, int at, Orientation turn, int storedWidth, int storedHeight) {
        double x = turn.storedX(0, 0, storedWidth);
        double y = turn.storedY(0, 0, storedHeight);
        to.putFloat(at, (float) (turn.storedX(1, 0, storedWidth) - x));
        to.putFloat(at + 4, (float) (turn.storedX(0, 1, storedWidth) - x));
        to.putFloat(at + 8, (float) x);
        to.putFloat(at + 12, (float) (turn.storedY(1, 0, storedHeight) - y));
        to.putFloat(at + 16, (float) (turn.storedY(0, 1, storedHeight) - y));
        to.putFloat(at + 20, (float) y);
    }

    /** ITU-T H.273: quantisation of luma and chroma, and the matrix from Kr and Kb. */
    private static void writeColor(ByteBuffer to, int at, PixelFormat format, ColorEncoding color) {
        double unit = 1 << format.sampleShift();
        double step = unit * (1 << (format.bitDepth() - 8));
        double largest = unit * ((1 << format.bitDepth()) - 1);
        double lumaGain = color.fullRange() ? 1 / largest : 1 / (219 * step);
        double lumaOffset = color.fullRange() ? 0 : -16.0 / 219;
        double chromaGain = color.fullRange() ? 1 / largest : 1 / (224 * step);
        double kr = color.matrix().kr();
        double kb = color.matrix().kb();
        double kg = 1 - kr - kb;
        to.putFloat(at, (float) lumaGain);
        to.putFloat(at + 4, (float) lumaOffset);
        to.putFloat(at + 8, (float) chromaGain);
        to.putFloat(at + 12, (float) (-128 * step * chromaGain));
        to.putFloat(at + 16, (float) (2 * (1 - kr)));
        to.putFloat(at + 20, (float) (-2 * kb * (1 - kb) / kg));
        to.putFloat(at + 24, (float) (-2 * kr * (1 - kr) / kg));
        to.putFloat(at + 28, (float) (2 * (1 - kb)));
    }

    private static float chromaScale(int shift) {
        return 1f / (1 << shift);
    }

    private static float chromaOffset(int shift) {
        return 0.5f / (1 << shift) - 0.5f;
    }

    private static int layout(PixelFormat format) {
        return switch (format) {
            case NV12, P010 -> LAYOUT_SEMI_PLANAR;
            case I420, I422, I444, I420_10, I422_10, I444_10 -> LAYOUT_PLANAR;
            case GRAY8 -> LAYOUT_GRAY;
            case RGB24, BGR24 -> LAYOUT_PACKED;
        };
    }
}
