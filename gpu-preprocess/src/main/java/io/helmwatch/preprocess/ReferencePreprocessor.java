package io.helmwatch.preprocess;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorBatch;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * The letterbox in plain Java: the reference that every other preprocessor is tested against.
 *
 * <ol>
 *   <li>Column {@code i} of the scaled frame samples the source at {@code x = (i + 0.5) * sourceWidth / scaledWidth - 0.5} in source
 *       pixels, computed in double and rounded to float once; rows likewise. Pixel centres are at whole numbers.
 *   <li>Each plane is sampled at that point with two-tap linear interpolation in both directions, in float, at any scale
 *       (no antialiasing); taps beyond an edge repeat the edge. This is OpenCV's {@code INTER_LINEAR}.
 *   <li>Subsampled chroma is sited in the middle of the luma samples that share it: a chroma plane halved in a direction is
 *       sampled at {@code (x + 0.5) / 2 - 0.5}, with the same interpolation; the last of an odd number of luma samples has a
 *       chroma sample of its own.
 *   <li>Samples become {@code Y' = (y - black) / (white - black)} and {@code C = (c - middle) / (2 * half range)}, with black,
 *       white, middle and ranges of ITU-T H.273 for the frame's bit depth and range, then {@code R = Y' + 2 (1 - Kr) Cr},
 *       {@code B = Y' + 2 (1 - Kb) Cb}, {@code G = (Y' - Kr R - Kb B) / (1 - Kr - Kb)}. RGB samples are divided by 255;
 *       luma-only frames are grey.
 *   <li>Each component is clamped to 0..1 after interpolation, and not rounded to 8 bits. FP16 tensors round to nearest even.
 *   <li>Padding is {@code padValue / 255}.
 * </ol>
 *
 * <p>Another implementation must agree within 1/255 per sample; an implementation that interpolates after converting to RGB clamps
 * earlier, so saturated colours may differ by more.
 *
 * <p>Threading: used by one thread. Ownership: holds no native memory. Slow; allocates for each frame.
 */
public final class ReferencePreprocessor implements Preprocessor {

    private static final int MAX_GEOMETRIES = 64;

    private final LetterboxAnchor anchor;
    private final float padding;
    private final Map<ImageSize, Letterbox> geometries = new HashMap<>();

    /**
     * Creates a preprocessor.
     *
     * @param anchor position of the frame in the model's input
     * @param padValue value of the padding, 0..255
     */
    public ReferencePreprocessor(LetterboxAnchor anchor, int padValue) {
        if (padValue < 0 || padValue > 255) {
            throw new IllegalArgumentException("letterbox pad value " + padValue + ": must be 0..255");
        }
        this.anchor = anchor;
        padding = padValue / 255f;
    }

    @Override
    public Letterbox add(VideoFrame frame, TensorBatch batch, int index) {
        if (frame.memory() != VideoFrame.Memory.HOST || !(batch instanceof HostTensorBatch tensor)) {
            throw new IllegalArgumentException(
                    "the reference letterbox reads host frames and writes host tensors, found " + frame.memory()
                            + " memory and " + batch.getClass().getSimpleName());
        }
        Letterbox letterbox = geometryOf(frame, tensor.shape().imageSize());
        Plane[] planes = new Plane[frame.format().planes()];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = new Plane(frame.plane(i), frame.strideBytes(i));
        }
        float[] rgb = new float[3];
        for (int y = 0; y < tensor.shape().height(); y++) {
            for (int x = 0; x < tensor.shape().width(); x++) {
                int column = x - letterbox.padLeft();
                int row = y - letterbox.padTop();
                boolean inside =
                        column >= 0 && column < letterbox.scaledWidth() && row >= 0 && row < letterbox.scaledHeight();
                if (inside) {
                    float sourceX = sourceOf(column, letterbox.source().width(), letterbox.scaledWidth());
                    float sourceY = sourceOf(row, letterbox.source().height(), letterbox.scaledHeight());
                    sample(frame, planes, sourceX, sourceY, rgb);
                } else {
                    rgb[0] = rgb[1] = rgb[2] = padding;
                }
                for (int channel = 0; channel < 3; channel++) {
                    store(tensor, index, channel, y, x, rgb[channel]);
                }
            }
        }
        return letterbox;
    }

    @Override
    public void submit(TensorBatch batch, int size) {
        // The pixels were written by add.
    }

    /** Clears the cache of geometries; no native memory is held. */
    @Override
    public void close() {
        geometries.clear();
    }

    private Letterbox geometryOf(VideoFrame frame, ImageSize target) {
        ImageSize source = new ImageSize(frame.width(), frame.height());
        Letterbox cached = geometries.get(source);
        if (cached != null && cached.target().equals(target)) {
            return cached;
        }
        if (geometries.size() >= MAX_GEOMETRIES) {
            geometries.clear();
        }
        Letterbox letterbox = Letterbox.fit(source, target, anchor);
        geometries.put(source, letterbox);
        return letterbox;
    }

    private static float sourceOf(int scaled, int sourceSide, int scaledSide) {
        return (float) ((scaled + 0.5) * sourceSide / scaledSide - 0.5);
    }

    private static void sample(VideoFrame frame, Plane[] planes, float x, float y, float[] rgb) {
        PixelFormat format = frame.format();
        int width = frame.width();
        int height = frame.height();
        if (format.isRgb()) {
            boolean reversed = format == PixelFormat.BGR24;
            for (int channel = 0; channel < 3; channel++) {
                int component = reversed ? 2 - channel : channel;
                rgb[channel] = planes[0].bilinear(format, x, y, width, height, component, 3) / 255;
            }
            return;
        }
        int depth = format.bitDepth();
        boolean full = frame.color().fullRange();
        int scale = 1 << (depth - 8);
        float black = full ? 0 : 16 * scale;
        float white = full ? (1 << depth) - 1 : 235 * scale;
        float luma = (planes[0].bilinear(format, x, y, width, height, 0, 1) - black) / (white - black);
        if (planes.length == 1) {
            rgb[0] = rgb[1] = rgb[2] = clamp(luma);
            return;
        }
        float chromaX = (x + 0.5f) / (1 << format.chromaShiftX()) - 0.5f;
        float chromaY = (y + 0.5f) / (1 << format.chromaShiftY()) - 0.5f;
        int chromaWidth = -(-width >> format.chromaShiftX());
        int chromaHeight = -(-height >> format.chromaShiftY());
        boolean interleaved = planes.length == 2;
        float middle = 128 * scale;
        float range = full ? (1 << depth) - 1 : 224 * scale;
        Plane cbPlane = planes[1];
        Plane crPlane = interleaved ? planes[1] : planes[2];
        int step = interleaved ? 2 : 1;
        float cb = (cbPlane.bilinear(format, chromaX, chromaY, chromaWidth, chromaHeight, 0, step) - middle) / range;
        float cr = (crPlane.bilinear(format, chromaX, chromaY, chromaWidth, chromaHeight, step - 1, step) - middle)
                / range;
        ColorEncoding.Matrix matrix = frame.color().matrix();
        float kr = (float) matrix.kr();
        float kb = (float) matrix.kb();
        float red = luma + 2 * (1 - kr) * cr;
        float blue = luma + 2 * (1 - kb) * cb;
        rgb[0] = clamp(red);
        rgb[1] = clamp((luma - kr * red - kb * blue) / (1 - kr - kb));
        rgb[2] = clamp(blue);
    }

    private static float clamp(float value) {
        return Math.max(0, Math.min(1, value));
    }

    private static void store(HostTensorBatch tensor, int index, int channel, int y, int x, float value) {
        int width = tensor.shape().width();
        int element = (channel * tensor.shape().height() + y) * width + x;
        int offset = tensor.imageOffsetBytes(index) + element * tensor.type().bytes();
        if (tensor.type() == TensorType.FP16) {
            tensor.buffer().putShort(offset, HalfFloat.fromFloat(value));
        } else {
            tensor.buffer().putFloat(offset, value);
        }
    }

    /** Samples of a plane; multi-byte samples are little-endian. */
    private record Plane(ByteBuffer samples, int strideBytes) {

        /**
         * Interpolates.
         *
         * @param width samples of one component in a row
         * @param component index among interleaved components
         * @param step number of interleaved components
         */
        float bilinear(PixelFormat format, float x, float y, int width, int height, int component, int step) {
            int left = (int) Math.floor(x);
            int top = (int) Math.floor(y);
            float right = x - left;
            float below = y - top;
            int x0 = Math.max(0, Math.min(width - 1, left)) * step + component;
            int x1 = Math.max(0, Math.min(width - 1, left + 1)) * step + component;
            int y0 = Math.max(0, Math.min(height - 1, top));
            int y1 = Math.max(0, Math.min(height - 1, top + 1));
            float upper = mix(sample(format, x0, y0), sample(format, x1, y0), right);
            float lower = mix(sample(format, x0, y1), sample(format, x1, y1), right);
            return mix(upper, lower, below);
        }

        private static float mix(float from, float to, float part) {
            return from + (to - from) * part;
        }

        private int sample(PixelFormat format, int column, int row) {
            int offset = row * strideBytes + column * format.sampleBytes();
            int low = samples.get(offset) & 0xff;
            if (format.sampleBytes() == 1) {
                return low;
            }
            return ((samples.get(offset + 1) & 0xff) << 8 | low) >> format.sampleShift();
        }
    }
}
