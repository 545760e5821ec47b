package io.helmwatch.preprocess.ffmpeg;

import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;

/**
 * The planes of a host tensor and, per index of the batch, the geometry that its padding was written for.
 *
 * <p>libswscale writes whole vectors: a row may be followed by undefined values up to the next multiple of {@value #VECTOR} floats.
 * If they fall into the padding to the right, the padding is written again after each pass. If they would reach the next row or the
 * end of the tensor, and for FP16 tensors, the frame is scaled into a scratch buffer first.
 *
 * <p>Tensors of several sizes may share memory: the padding is written again after another one was used.
 *
 * <p>Threading: owned by one thread. Ownership: frees the scratch buffer on close; the tensor belongs to its lane.
 */
final class TensorPlanes implements AutoCloseable {

    /** Floats of the widest vector that libswscale stores (AVX-512). */
    private static final int VECTOR = 16;

    private static final int CHANNELS = 3;

    private final ImageSize imageSize;
    private final long address;
    private Writer writer = new Writer();
    private final @Nullable FloatBuffer floats;
    private final @Nullable ShortBuffer halves;
    private final @Nullable Letterbox[] padded;
    private @Nullable FloatPointer scratch;
    private @Nullable FloatBuffer scratchFloats;

    TensorPlanes(HostTensorBatch batch) {
        if (batch.shape().channels() != CHANNELS) {
            throw new IllegalArgumentException("input tensor " + batch.shape() + ": expected 3 channels, found "
                    + batch.shape().channels());
        }
        imageSize = batch.shape().imageSize();
        boolean half = batch.type() == TensorType.FP16;
        var whole = batch.buffer().duplicate().order(ByteOrder.nativeOrder()).clear();
        try (BytePointer start = new BytePointer(whole)) {
            address = start.address();
        }
        floats = half ? null : whole.asFloatBuffer();
        halves = half ? whole.asShortBuffer() : null;
        padded = new Letterbox[batch.shape().batch()];
    }

    ImageSize imageSize() {
        return imageSize;
    }

    /** The tensor of a memory that was written last. */
    private static final class Writer {
        private @Nullable TensorPlanes last;
    }

    /** Tells the two about each other where they are views of the same memory. */
    void shareMemoryWith(TensorPlanes other) {
        if (address == other.address) {
            writer = other.writer;
        }
    }

    /** Writes a frame and, where the geometry changed, its padding. */
    void write(VideoFrame frame, TensorScaler scaler, int index, float padding) {
        if (index < 0 || index >= padded.length) {
            throw new IndexOutOfBoundsException("frame " + index + " of a batch of " + padded.length);
        }
        if (writer.last != this) {
            Arrays.fill(padded, null);
            writer.last = this;
        }
        Letterbox letterbox = scaler.letterbox();
        if (!letterbox.equals(padded[index])) {
            // Cleared first, so that the padding is written again after a failure.
            padded[index] = null;
            fillPadding(letterbox, index, padding);
        }
        int spill = -letterbox.scaledWidth() & VECTOR - 1;
        int padRight = imageSize.width() - letterbox.padLeft() - letterbox.scaledWidth();
        if (floats == null || spill > padRight) {
            writeThroughScratch(frame, scaler, index);
        } else {
            int rowBytes = imageSize.width() * Float.BYTES;
            long planeBytes = (long) rowBytes * imageSize.height();
            long first = elementOf(index, 0, letterbox.padTop(), letterbox.padLeft());
            scaler.scale(frame, address + first * Float.BYTES, planeBytes, rowBytes);
            if (spill > 0) {
                fill(
                        index,
                        letterbox.padTop(),
                        letterbox.scaledHeight(),
                        letterbox.padLeft() + letterbox.scaledWidth(),
                        spill,
                        padding);
            }
        }
        padded[index] = letterbox;
    }

    private void writeThroughScratch(VideoFrame frame, TensorScaler scaler, int index) {
        Letterbox letterbox = scaler.letterbox();
        int rowElements = letterbox.scaledWidth() + VECTOR - 1 & -VECTOR;
        int planeElements = rowElements * letterbox.scaledHeight();
        FloatBuffer image = scratchOf(CHANNELS * planeElements);
        scaler.scale(frame, scratchAddress(), (long) planeElements * Float.BYTES, rowElements * Float.BYTES);
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int y = 0; y < letterbox.scaledHeight(); y++) {
                int from = channel * planeElements + y * rowElements;
                int to = elementOf(index, channel, letterbox.padTop() + y, letterbox.padLeft());
                if (floats != null) {
                    floats.put(to, image, from, letterbox.scaledWidth());
                } else {
                    narrow(image, from, to, letterbox.scaledWidth());
                }
            }
        }
    }

    private void narrow(FloatBuffer image, int from, int to, int count) {
        ShortBuffer target = halves;
        if (target != null) {
            for (int i = 0; i < count; i++) {
                target.put(to + i, HalfFloat.fromFloat(image.get(from + i)));
            }
        }
    }

    private FloatBuffer scratchOf(int elements) {
        FloatBuffer image = scratchFloats;
        if (image == null || image.capacity() < elements) {
            close();
            // The last row ends on a whole vector, so nothing is written past the end.
            FloatPointer allocated = new FloatPointer((long) elements);
            scratch = allocated;
            image = allocated.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
            scratchFloats = image;
        }
        return image;
    }

    private long scratchAddress() {
        FloatPointer current = scratch;
        if (current == null) {
            throw new IllegalStateException("no scratch buffer");
        }
        return current.address();
    }

    private void fillPadding(Letterbox letterbox, int index, float padding) {
        int width = imageSize.width();
        int right = letterbox.padLeft() + letterbox.scaledWidth();
        int bottom = letterbox.padTop() + letterbox.scaledHeight();
        fill(index, 0, letterbox.padTop(), 0, width, padding);
        fill(index, bottom, imageSize.height() - bottom, 0, width, padding);
        fill(index, letterbox.padTop(), letterbox.scaledHeight(), 0, letterbox.padLeft(), padding);
        fill(index, letterbox.padTop(), letterbox.scaledHeight(), right, width - right, padding);
    }

    private void fill(int index, int y, int rows, int x, int columns, float value) {
        FloatBuffer target = floats;
        ShortBuffer halfTarget = halves;
        short half = HalfFloat.fromFloat(value);
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int row = y; row < y + rows; row++) {
                int start = elementOf(index, channel, row, x);
                for (int i = start; i < start + columns; i++) {
                    if (target != null) {
                        target.put(i, value);
                    } else if (halfTarget != null) {
                        halfTarget.put(i, half);
                    }
                }
            }
        }
    }

    private int elementOf(int index, int channel, int y, int x) {
        return ((index * CHANNELS + channel) * imageSize.height() + y) * imageSize.width() + x;
    }

    /** Frees the scratch buffer; a second call does nothing. */
    @Override
    public void close() {
        FloatPointer old = scratch;
        scratch = null;
        scratchFloats = null;
        if (old != null) {
            old.close();
        }
    }
}
