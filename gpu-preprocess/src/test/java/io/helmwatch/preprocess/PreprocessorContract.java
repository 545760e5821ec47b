package io.helmwatch.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.InputSizing;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorBatch;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every preprocessor must do, measured against {@link ReferencePreprocessor}. */
public abstract class PreprocessorContract {

    /** A tensor that a preprocessor of this kind writes. */
    public interface Tensor extends AutoCloseable {

        /** What is handed to the preprocessor. */
        TensorBatch batch();

        /** A batch of images of another size, not larger, in the same memory. */
        TensorBatch resized(ImageSize size);

        /** All values, after the work enqueued so far. */
        float[] read();

        @Override
        void close();
    }

    /** Opens the preprocessor under test. */
    protected abstract Preprocessor open(LetterboxAnchor anchor, int padValue);

    /** Opens a tensor for it. */
    protected Tensor openTensor(TensorShape shape, TensorType type) {
        return hostTensor(shape, type);
    }

    /** Largest error of a sample of a picture against the reference, in 1/255. */
    protected abstract double maxError(HostFrame frame);

    /** Largest mean error of a picture against the reference, in 1/255. */
    protected abstract double meanError(HostFrame frame);

    /** Formats that it reads. */
    protected List<PixelFormat> formats() {
        return List.of(PixelFormat.values());
    }

    static List<Arguments> geometries() {
        // source, target
        return List.of(
                Arguments.of(new ImageSize(640, 360), new ImageSize(320, 320)),
                Arguments.of(new ImageSize(360, 640), new ImageSize(320, 320)),
                Arguments.of(new ImageSize(320, 320), new ImageSize(320, 320)),
                Arguments.of(new ImageSize(100, 60), new ImageSize(320, 320)),
                Arguments.of(new ImageSize(641, 359), new ImageSize(320, 192)),
                Arguments.of(new ImageSize(333, 517), new ImageSize(256, 256)),
                Arguments.of(new ImageSize(639, 643), new ImageSize(160, 160)),
                Arguments.of(new ImageSize(16, 9), new ImageSize(64, 64)),
                Arguments.of(new ImageSize(1280, 33), new ImageSize(320, 320)),
                Arguments.of(new ImageSize(35, 1000), new ImageSize(320, 320)));
    }

    @ParameterizedTest
    @MethodSource("geometries")
    void shouldEqualTheReferenceForEveryFormatAndSize(ImageSize source, ImageSize target) {
        for (PixelFormat format : formats()) {
            compare(source, target, format, TestPictures.BT709, LetterboxAnchor.CENTER, TensorType.FP32);
        }
    }

    @Test
    void shouldEqualTheReferenceForEveryColourEncoding() {
        for (ColorEncoding color :
                List.of(TestPictures.BT601, TestPictures.BT709, TestPictures.BT709_FULL, TestPictures.BT2020)) {
            for (PixelFormat format :
                    List.of(PixelFormat.I420, PixelFormat.NV12, PixelFormat.P010, PixelFormat.GRAY8)) {
                if (formats().contains(format)) {
                    compare(
                            new ImageSize(320, 180),
                            new ImageSize(160, 160),
                            format,
                            color,
                            LetterboxAnchor.CENTER,
                            TensorType.FP32);
                }
            }
        }
    }

    @Test
    void shouldPlaceTheImageAtTheOriginWhenAnchoredTopLeft() {
        compare(
                new ImageSize(320, 180),
                new ImageSize(160, 160),
                PixelFormat.NV12,
                TestPictures.BT709,
                LetterboxAnchor.TOP_LEFT,
                TensorType.FP32);
    }

    @Test
    void shouldWriteHalfFloats() {
        compare(
                new ImageSize(333, 180),
                new ImageSize(160, 160),
                PixelFormat.NV12,
                TestPictures.BT709,
                LetterboxAnchor.CENTER,
                TensorType.FP16);
    }

    @Test
    void shouldPadWithExactlyTheGivenValueAfterImagesOfOtherShapes() {
        TensorShape shape = new TensorShape(1, 3, 160, 160);
        List<ImageSize> sizes = List.of(
                new ImageSize(320, 180),
                new ImageSize(100, 200),
                new ImageSize(157, 160),
                new ImageSize(320, 320),
                new ImageSize(151, 160),
                new ImageSize(160, 90),
                new ImageSize(320, 180));
        for (TensorType type : TensorType.values()) {
            try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                    Tensor tensor = openTensor(shape, type)) {
                for (ImageSize size : sizes) {
                    try (HostFrame frame = TestPictures.picture(size, PixelFormat.NV12, TestPictures.BT709, 0)) {
                        Letterbox letterbox = preprocessor.add(frame, tensor.batch(), 0);
                        preprocessor.submit(tensor.batch(), 1);
                        assertPadding(tensor.read(), 0, letterbox, type, 114);
                    }
                }
            }
        }
    }

    @Test
    void shouldWriteOnlyItsPlaceOfTheBatch() {
        TensorShape shape = new TensorShape(3, 3, 64, 64);
        List<ImageSize> sizes = List.of(new ImageSize(61, 64), new ImageSize(64, 64), new ImageSize(57, 64));
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 7);
                Tensor tensor = openTensor(shape, TensorType.FP32)) {
            List<HostFrame> frames = new ArrayList<>();
            List<Letterbox> letterboxes = new ArrayList<>();
            // From the last to the first, so that a picture running over its end is seen.
            for (int place = 2; place >= 0; place--) {
                HostFrame frame = TestPictures.picture(sizes.get(place), PixelFormat.I420, TestPictures.BT601, 0);
                frames.add(frame);
                letterboxes.add(0, preprocessor.add(frame, tensor.batch(), place));
            }
            preprocessor.submit(tensor.batch(), 3);
            float[] values = tensor.read();
            for (int place = 0; place < 3; place++) {
                assertPadding(values, place, letterboxes.get(place), TensorType.FP32, 7);
                assertPicture(values, place, frames.get(2 - place), shape, LetterboxAnchor.CENTER, 7);
            }
            frames.forEach(HostFrame::close);
        }
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void shouldWriteInputsThatFitTheFrameIntoTheMemoryOfTheLargest(TensorType type) {
        InputSizing sizing = InputSizing.fitting(160, 32);
        TensorShape largest = new TensorShape(2, 3, 160, 160);
        List<ImageSize> frames = List.of(
                new ImageSize(320, 180),
                new ImageSize(180, 320),
                new ImageSize(64, 48),
                new ImageSize(320, 180),
                new ImageSize(90, 90),
                new ImageSize(320, 190),
                new ImageSize(61, 160),
                new ImageSize(320, 180));
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                Tensor tensor = openTensor(largest, type)) {
            Map<ImageSize, TensorBatch> batches = new HashMap<>();
            for (ImageSize size : frames) {
                ImageSize target = sizing.sizeFor(size.width(), size.height());
                TensorBatch batch = batches.computeIfAbsent(target, tensor::resized);
                try (HostFrame frame = TestPictures.picture(size, PixelFormat.NV12, TestPictures.BT709, 0)) {
                    Letterbox first = preprocessor.add(frame, batch, 0);
                    preprocessor.add(frame, batch, 1);
                    preprocessor.submit(batch, 2);
                    assertThat(first).isEqualTo(Letterbox.fit(size, target, LetterboxAnchor.CENTER));
                    float[] values = tensor.read();
                    for (int place = 0; place < 2; place++) {
                        assertPadding(values, place, first, type, 114);
                        assertPicture(values, place, frame, batch.shape(), LetterboxAnchor.CENTER, 114);
                    }
                }
            }
        }
    }

    @Test
    void shouldReadRowsAtTheFramesStride() {
        ImageSize source = new ImageSize(200, 120);
        try (HostFrame tight = TestPictures.picture(source, PixelFormat.NV12, TestPictures.BT709, 0);
                HostFrame wide = TestPictures.picture(source, PixelFormat.NV12, TestPictures.BT709, 56)) {
            assertThat(run(wide, new ImageSize(160, 160), TensorType.FP32))
                    .containsExactly(run(tight, new ImageSize(160, 160), TensorType.FP32));
        }
    }

    @Test
    void shouldReturnTheSameGeometryForImagesOfTheSameSize() {
        TensorShape shape = new TensorShape(1, 3, 64, 64);
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                Tensor tensor = openTensor(shape, TensorType.FP32);
                HostFrame frame =
                        TestPictures.picture(new ImageSize(64, 36), PixelFormat.NV12, TestPictures.BT709, 0)) {
            Letterbox first = preprocessor.add(frame, tensor.batch(), 0);
            preprocessor.submit(tensor.batch(), 1);
            Letterbox second = preprocessor.add(frame, tensor.batch(), 0);
            preprocessor.submit(tensor.batch(), 1);
            tensor.read();
            assertThat(second).isSameAs(first);
            assertThat(first)
                    .isEqualTo(Letterbox.fit(new ImageSize(64, 36), new ImageSize(64, 64), LetterboxAnchor.CENTER));
        }
    }

    @Test
    void shouldRefusePadValuesThatAreNoSamples() {
        assertThatThrownBy(() -> open(LetterboxAnchor.CENTER, 256))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256");
    }

    @Test
    void shouldCloseTwiceWithoutHarm() {
        Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
        preprocessor.close();
        preprocessor.close();
    }

    private void compare(
            ImageSize source,
            ImageSize target,
            PixelFormat format,
            ColorEncoding color,
            LetterboxAnchor anchor,
            TensorType type) {
        TensorShape shape = new TensorShape(1, 3, target.height(), target.width());
        try (HostFrame frame = TestPictures.picture(source, format, color, 0);
                Preprocessor preprocessor = open(anchor, 114);
                Tensor tensor = openTensor(shape, type)) {
            Letterbox letterbox = preprocessor.add(frame, tensor.batch(), 0);
            preprocessor.submit(tensor.batch(), 1);
            float[] values = tensor.read();
            assertThat(letterbox).isEqualTo(Letterbox.fit(source, target, anchor));
            assertPicture(values, 0, frame, shape, anchor, 114);
            assertPadding(values, 0, letterbox, type, 114);
        }
    }

    private float[] run(HostFrame frame, ImageSize target, TensorType type) {
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                Tensor tensor = openTensor(new TensorShape(1, 3, target.height(), target.width()), type)) {
            preprocessor.add(frame, tensor.batch(), 0);
            preprocessor.submit(tensor.batch(), 1);
            return tensor.read();
        }
    }

    private void assertPicture(
            float[] values, int place, HostFrame frame, TensorShape shape, LetterboxAnchor anchor, int padValue) {
        float[] expected = referenceOf(frame, shape.imageSize(), anchor, padValue);
        int offset = place * shape.elementsPerImage();
        double sum = 0;
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(values[offset + i] - expected[i]) * 255;
            sum += error;
            worst = Math.max(worst, error);
        }
        String what = frame.format() + " " + frame.width() + "x" + frame.height() + " " + frame.color();
        assertThat(worst).as("largest error of %s in 1/255", what).isLessThanOrEqualTo(maxError(frame));
        assertThat(sum / expected.length).as("mean error of %s in 1/255", what).isLessThanOrEqualTo(meanError(frame));
    }

    private static float[] referenceOf(HostFrame frame, ImageSize target, LetterboxAnchor anchor, int padValue) {
        HostTensorBatch tensor =
                HostTensorBatch.allocate(new TensorShape(1, 3, target.height(), target.width()), TensorType.FP32);
        try (Preprocessor reference = new ReferencePreprocessor(anchor, padValue)) {
            reference.add(frame, tensor, 0);
        }
        return valuesOf(tensor);
    }

    private static void assertPadding(float[] values, int place, Letterbox letterbox, TensorType type, int padValue) {
        float padding = padValue / 255f;
        float expected = type == TensorType.FP16 ? HalfFloat.toFloat(HalfFloat.fromFloat(padding)) : padding;
        int width = letterbox.target().width();
        int height = letterbox.target().height();
        for (int plane = 3 * place; plane < 3 * place + 3; plane++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int column = x - letterbox.padLeft();
                    int row = y - letterbox.padTop();
                    boolean inside = column >= 0
                            && column < letterbox.scaledWidth()
                            && row >= 0
                            && row < letterbox.scaledHeight();
                    float value = values[(plane * height + y) * width + x];
                    if (!inside && value != expected) {
                        assertThat(value)
                                .as("padding of %s at plane %d, row %d, column %d", letterbox, plane, y, x)
                                .isCloseTo(expected, within(0f));
                    }
                }
            }
        }
    }

    /** Values of a host tensor. */
    protected static float[] valuesOf(HostTensorBatch tensor) {
        int count = tensor.shape().batch() * tensor.shape().elementsPerImage();
        float[] values = new float[count];
        if (tensor.type() == TensorType.FP32) {
            tensor.buffer().asFloatBuffer().get(values);
        } else {
            for (int i = 0; i < count; i++) {
                values[i] = HalfFloat.toFloat(tensor.buffer().getShort(2 * i));
            }
        }
        return values;
    }

    /** A tensor in host memory. */
    protected static Tensor hostTensor(TensorShape shape, TensorType type) {
        HostTensorBatch batch = HostTensorBatch.allocate(shape, type);
        return new Tensor() {
            @Override
            public TensorBatch batch() {
                return batch;
            }

            @Override
            public TensorBatch resized(ImageSize size) {
                TensorShape smaller = new TensorShape(shape.batch(), 3, size.height(), size.width());
                int bytes = smaller.batch() * smaller.elementsPerImage() * type.bytes();
                return new HostTensorBatch(
                        smaller, type, batch.buffer().slice(0, bytes).order(ByteOrder.nativeOrder()));
            }

            @Override
            public float[] read() {
                return valuesOf(batch);
            }

            @Override
            public void close() {
                // The buffer goes with the last reference.
            }
        };
    }
}
