package io.helmwatch.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ValueHistogramTest {

    @Test
    void shouldFindTheExactRangeWhenNothingIsClipped() {
        assertThat(range(0, -0.5f, 3, 1)).isEqualTo(new ValueRange(-0.5f, 3));
    }

    @Test
    void shouldIncludeZeroInTheRange() {
        assertThat(range(0, 2, 3)).isEqualTo(new ValueRange(0, 3));
        assertThat(range(0, -2, -3)).isEqualTo(new ValueRange(-3, 0));
    }

    @Test
    void shouldClipTheSameShareOnEachSideAsTheRangeGrows() {
        Random random = new Random(5);
        ValueHistogram histogram = new ValueHistogram();
        for (int part = 0; part < 10; part++) {
            float[] values = new float[10_000];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextFloat() * (part + 1) / 10;
            }
            // One outlier in ten thousand, larger from part to part.
            values[0] = 100 * (part + 1);
            values[1] = -50;
            histogram.add(FloatBuffer.wrap(values), values.length);
        }

        assertThat(histogram.range(0)).isEqualTo(new ValueRange(-50, 1000));
        ValueRange clipped = histogram.range(1e-3);
        assertThat(clipped.low()).isCloseTo(0, within(0.2f));
        assertThat(clipped.high()).isCloseTo(1, within(0.2f));
    }

    @Test
    void shouldIgnoreValuesThatAreNotFinite() {
        assertThat(range(0, 1, Float.NaN, Float.POSITIVE_INFINITY, -1, Float.NEGATIVE_INFINITY))
                .isEqualTo(new ValueRange(-1, 1));
    }

    @Test
    void shouldGiveTensorsOfZerosAScale() {
        ValueRange zeros = range(1e-4, 0, 0, 0);

        assertThat(zeros).isEqualTo(new ValueRange(0, 0));
        assertThat(zeros.scale()).isPositive();
        assertThat(zeros.zeroPoint()).isZero();
    }

    @Test
    void shouldPlaceZeroOnALevel() {
        ValueRange range = new ValueRange(-1, 3);
        assertThat(range.scale()).isCloseTo(4f / 255, within(1e-7f));
        assertThat(range.zeroPoint()).isEqualTo(64);
        assertThat(new ValueRange(-3, 0).zeroPoint()).isEqualTo(255);
        assertThatThrownBy(() -> new ValueRange(Float.NaN, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ValueRange(2, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static ValueRange range(double clipped, float... values) {
        ValueHistogram histogram = new ValueHistogram();
        histogram.add(FloatBuffer.wrap(values), values.length);
        return histogram.range(clipped);
    }
}
