package io.helmwatch.preprocess.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.preprocess.HostFrame;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.preprocess.PreprocessorContract;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class SwscalePreprocessorTest extends PreprocessorContract {

    @Override
    protected Preprocessor open(LetterboxAnchor anchor, int padValue) {
        return new SwscalePreprocessor(anchor, padValue);
    }

    /** libswscale moves the chroma of odd sides by up to a quarter sample, and takes 1020 for the white of full-range 10 bit. */
    @Override
    protected double maxError(HostFrame frame) {
        return hasHalfChromaSample(frame) ? 13 : isFullRange10Bit(frame) ? 1 : 0.1;
    }

    @Override
    protected double meanError(HostFrame frame) {
        return hasHalfChromaSample(frame) ? 1.5 : isFullRange10Bit(frame) ? 0.5 : 0.05;
    }

    private static boolean isFullRange10Bit(HostFrame frame) {
        return frame.format().bitDepth() == 10 && frame.color().fullRange();
    }

    private static boolean hasHalfChromaSample(HostFrame frame) {
        return frame.width() % (1 << frame.format().chromaShiftX()) != 0
                || frame.height() % (1 << frame.format().chromaShiftY()) != 0;
    }

    @Test
    void shouldNeverWriteOutsideThePlace() {
        // Every width of a scaled picture from 1 to 64, anchored both ways, between two places that must stay as they
        // are.
        TensorShape shape = new TensorShape(3, 3, 64, 64);
        HostTensorBatch tensor = HostTensorBatch.allocate(shape, TensorType.FP32);
        FloatBuffer values = tensor.buffer().asFloatBuffer();
        int elements = shape.elementsPerImage();
        for (LetterboxAnchor anchor : LetterboxAnchor.values()) {
            try (Preprocessor preprocessor = open(anchor, 0)) {
                for (int width = 1; width <= 64; width++) {
                    for (int i = 0; i < values.capacity(); i++) {
                        values.put(i, -7);
                    }
                    try (HostFrame frame = HostFrame.allocate(
                            new ImageSize(2 * width, 128),
                            PixelFormat.NV12,
                            new ColorEncoding(ColorEncoding.Matrix.BT601, false))) {
                        preprocessor.add(frame, tensor, 1);
                    }
                    for (int i = 0; i < values.capacity(); i++) {
                        boolean untouched = values.get(i) == -7;
                        if (untouched == (i / elements == 1)) {
                            assertThat(i)
                                    .as("element written or left, width %d, %s", width, anchor)
                                    .isNegative();
                        }
                    }
                }
            }
        }
    }

    @Test
    void shouldServeMoreGeometriesThanItKeeps() {
        TensorShape shape = new TensorShape(1, 3, 64, 64);
        HostTensorBatch tensor = HostTensorBatch.allocate(shape, TensorType.FP32);
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114)) {
            for (int round = 0; round < 2; round++) {
                for (int width = 40; width < 120; width++) {
                    ImageSize source = new ImageSize(width, 50);
                    try (HostFrame frame = HostFrame.allocate(
                            source, PixelFormat.I444, new ColorEncoding(ColorEncoding.Matrix.BT709, true))) {
                        Letterbox letterbox = preprocessor.add(frame, tensor, 0);
                        assertThat(letterbox)
                                .isEqualTo(Letterbox.fit(source, shape.imageSize(), LetterboxAnchor.CENTER));
                    }
                }
            }
        }
    }

    @Test
    void shouldFollowAStreamThatChangesItsColours() {
        TensorShape shape = new TensorShape(1, 3, 64, 64);
        HostTensorBatch tensor = HostTensorBatch.allocate(shape, TensorType.FP32);
        ImageSize source = new ImageSize(64, 64);
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114)) {
            // Luma 126: (126 - 16) / 219 of the limited range, 126 / 255 of the full one.
            for (boolean full : new boolean[] {false, true, false}) {
                try (HostFrame frame = HostFrame.allocate(
                        source, PixelFormat.GRAY8, new ColorEncoding(ColorEncoding.Matrix.BT601, full))) {
                    for (int i = 0; i < 64 * 64; i++) {
                        frame.plane(0).put(i, (byte) 126);
                    }
                    preprocessor.add(frame, tensor, 0);
                    assertThat((double) tensor.buffer().getFloat(4 * 2080))
                            .isCloseTo(full ? 126 / 255.0 : 110 / 219.0, within(1e-3));
                }
            }
        }
    }

    @Test
    void shouldRefuseWhatItCannotRead() {
        HostTensorBatch tensor = HostTensorBatch.allocate(new TensorShape(1, 3, 64, 64), TensorType.FP32);
        Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
        try (HostFrame frame = HostFrame.allocate(
                new ImageSize(8, 8), PixelFormat.GRAY8, new ColorEncoding(ColorEncoding.Matrix.BT601, true))) {
            assertThatThrownBy(() ->
                            preprocessor.add(frame, new DeviceTensorBatch(tensor.shape(), TensorType.FP32, 1, 0), 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("host tensors");
            assertThatThrownBy(() -> preprocessor.add(frame, tensor, 1)).isInstanceOf(IndexOutOfBoundsException.class);
            preprocessor.close();
            assertThatThrownBy(() -> preprocessor.add(frame, tensor, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldAllocateNothingNativeForGeometriesThatItKnows() {
        HostTensorBatch tensor = HostTensorBatch.allocate(new TensorShape(1, 3, 64, 64), TensorType.FP32);
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                HostFrame wide = HostFrame.allocate(
                        new ImageSize(90, 50), PixelFormat.NV12, new ColorEncoding(ColorEncoding.Matrix.BT601, false));
                HostFrame tall = HostFrame.allocate(
                        new ImageSize(62, 64),
                        PixelFormat.I420,
                        new ColorEncoding(ColorEncoding.Matrix.BT601, false))) {
            preprocessor.add(wide, tensor, 0);
            preprocessor.add(tall, tensor, 0);
            long pointers = Pointer.totalCount();
            for (int i = 0; i < 1000; i++) {
                preprocessor.add(i % 2 == 0 ? wide : tall, tensor, 0);
            }
            assertThat(Pointer.totalCount()).isEqualTo(pointers);
        }
    }

    @Test
    void shouldGiveBackAllNativeMemory() {
        HostTensorBatch tensor = HostTensorBatch.allocate(new TensorShape(1, 3, 64, 64), TensorType.FP16);
        long before = Pointer.totalBytes();
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                HostFrame frame = HostFrame.allocate(
                        new ImageSize(90, 50),
                        PixelFormat.NV12,
                        new ColorEncoding(ColorEncoding.Matrix.BT601, false))) {
            preprocessor.add(frame, tensor, 0);
            assertThat(Pointer.totalBytes()).isGreaterThan(before);
        }
        assertThat(Pointer.totalBytes()).isEqualTo(before);
    }
}
