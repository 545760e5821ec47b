package io.helmwatch.vision.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.PixelFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LumaSampleTest {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 72;

    private final LumaSample sample = new LumaSample();

    @ParameterizedTest
    @CsvSource({
        "I420, 0, true, 0",
        "I420, 255, true, 255",
        "NV12, 16, false, 0",
        "NV12, 235, false, 255",
        "NV12, 0, false, 0",
        "NV12, 126, false, 128",
        "GRAY8, 100, true, 100",
        "I420_10, 400, true, 100",
        "I420_10, 64, false, 0",
        "P010, 25600, true, 100",
        "RGB24, 100, true, 100",
        "BGR24, 100, false, 100",
    })
    void shouldReadEveryLayoutInFullRange(PixelFormat format, int stored, boolean isFullRange, int expected) {
        int stride = format.planeRowBytes(0, WIDTH) + 32;
        ByteBuffer plane = ByteBuffer.allocate(stride * HEIGHT).order(ByteOrder.LITTLE_ENDIAN);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                if (format.sampleBytes() == 2) {
                    plane.putShort(y * stride + 2 * x, (short) stored);
                } else if (format.isRgb()) {
                    plane.put(y * stride + 3 * x + 1, (byte) stored);
                } else {
                    plane.put(y * stride + x, (byte) stored);
                }
            }
        }
        sample.read(plane, stride, WIDTH, HEIGHT, format, isFullRange);
        assertThat(sample.at(0)).isEqualTo(expected);
        assertThat(sample.at(LumaSample.ROWS * LumaSample.COLUMNS - 1)).isEqualTo(expected);
    }

    @Test
    void shouldAverageNeighboursAndSpreadItsRowsOverTheFrame() {
        ByteBuffer plane = ByteBuffer.allocate(WIDTH * HEIGHT);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                plane.put(y * WIDTH + x, (byte) (x % 2 == 0 ? y : y + 2));
            }
        }
        sample.read(plane, WIDTH, WIDTH, HEIGHT, PixelFormat.GRAY8, true);
        assertThat(sample.at(0)).isEqualTo(1 + 1);
        assertThat(sample.at(LumaSample.COLUMNS)).isEqualTo(3 + 1);
        assertThat(sample.at(35 * LumaSample.COLUMNS)).isEqualTo(71 + 1);
    }

    @Test
    void shouldReadFramesThatAreSmallerThanTheSample() {
        ByteBuffer plane = ByteBuffer.allocate(16 * 9);
        for (int i = 0; i < 16 * 9; i++) {
            plane.put(i, (byte) (i % 16 * 10));
        }
        sample.read(plane, 16, 16, 9, PixelFormat.GRAY8, true);
        assertThat(sample.at(0)).isZero();
        assertThat(sample.at(LumaSample.COLUMNS - 1)).isEqualTo(150);
    }
}
