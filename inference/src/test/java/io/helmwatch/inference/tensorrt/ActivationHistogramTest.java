package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.helmwatch.config.inference.CalibrationMethod;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationHistogramTest {

    @Test
    void shouldTakeTheLargestMagnitudeForMinMaxWhateverTheOrder() {
        ActivationHistogram histogram = new ActivationHistogram();
        histogram.add(FloatBuffer.wrap(new float[] {0.1f, -0.25f}), 2);
        histogram.add(FloatBuffer.wrap(new float[] {-70, 3, 900}), 2);

        assertThat(histogram.threshold(CalibrationMethod.MINMAX)).isEqualTo(70);
    }

    @Test
    void shouldLeaveOutWhatIsNotFiniteAndKnowNothingOfZeros() {
        ActivationHistogram histogram = new ActivationHistogram();
        histogram.add(FloatBuffer.wrap(new float[] {0, 0}), 2);
        assertThat(histogram.threshold(CalibrationMethod.MINMAX)).isZero();
        assertThat(histogram.threshold(CalibrationMethod.ENTROPY)).isZero();

        histogram.add(FloatBuffer.wrap(new float[] {Float.NaN, Float.POSITIVE_INFINITY, 2}), 3);
        assertThat(histogram.threshold(CalibrationMethod.MINMAX)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.MIN_VALUE, 1e-44f, 1e-30f, 5e-8f, 7e-6f})
    void shouldKnowNothingOfWhatIsTooFaintForAScaleInFp16(float faint) {
        ActivationHistogram histogram = new ActivationHistogram();
        FloatBuffer values = FloatBuffer.wrap(new float[] {faint, -faint});
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> histogram.add(values, 2));
        assertThat(histogram.threshold(CalibrationMethod.MINMAX)).isZero();

        histogram.add(FloatBuffer.wrap(new float[] {0x1p-17f}), 1);
        histogram.add(FloatBuffer.wrap(new float[] {1e38f}), 1);
        assertThat(histogram.threshold(CalibrationMethod.MINMAX)).isEqualTo(1e38f);
    }

    @Test
    void shouldClipAFewFarValuesByEntropyButNotAnEvenDistribution() {
        Random random = new Random(5);
        ActivationHistogram bell = new ActivationHistogram();
        ActivationHistogram even = new ActivationHistogram();
        for (int i = 0; i < 20; i++) {
            float[] values = new float[10_000];
            float[] uniform = new float[10_000];
            for (int k = 0; k < values.length; k++) {
                values[k] = (float) random.nextGaussian();
                uniform[k] = random.nextFloat() * 2 - 1;
            }
            if (i == 7) {
                values[0] = 60;
            }
            bell.add(FloatBuffer.wrap(values), values.length);
            even.add(FloatBuffer.wrap(uniform), uniform.length);
        }

        assertThat(bell.threshold(CalibrationMethod.MINMAX)).isEqualTo(60);
        assertThat(bell.threshold(CalibrationMethod.ENTROPY)).isBetween(2.5f, 10f);
        assertThat(even.threshold(CalibrationMethod.ENTROPY)).isCloseTo(1, within(0.05f));
    }

    @Test
    void shouldReportWhatRoundingAndClippingLose() {
        Random random = new Random(6);
        float[] values = new float[200_000];
        double signal = 0;
        double noise = 0;
        float threshold = 0.8f;
        double step = threshold / 127;
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
            double kept = Math.max(-127, Math.min(127, Math.rint(values[i] / step))) * step;
            signal += (double) values[i] * values[i];
            noise += (values[i] - kept) * (values[i] - kept);
        }
        ActivationHistogram histogram = new ActivationHistogram();
        histogram.add(FloatBuffer.wrap(values), values.length);

        assertThat(histogram.signalToNoise(threshold)).isCloseTo(10 * Math.log10(signal / noise), within(0.1));
        assertThat(histogram.signalToNoise(1)).isGreaterThan(histogram.signalToNoise(threshold));
    }
}
