package io.helmwatch.pipeline.backend.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DetectionScoreTest {
    private static final DetectionScore FP32 = new DetectionScore(0.95, 0.63, 1, 3000);

    @Test
    void shouldCountTheLargerLossOfBothPrecisionsWithLabelsAndOneWithout() {
        DetectionScore coarse = new DetectionScore(0.947, 0.58, 0.9, 2900);
        assertThat(FP32.loss(new DetectionScore(0.948, 0.626, 0.98, 2990), true))
                .isCloseTo(0.004, within(1e-9));
        assertThat(FP32.loss(coarse, true)).isCloseTo(0.05, within(1e-9));
        assertThat(FP32.loss(coarse, false)).isCloseTo(0.003, within(1e-9));
        assertThat(FP32.loss(new DetectionScore(0, 0, 0, 0), true)).isCloseTo(0.95, within(1e-9));
    }

    @Test
    void shouldBeUnknownWhereNothingCanBeJudged() {
        DetectionScore unknown = new DetectionScore(Double.NaN, Double.NaN, Double.NaN, 0);
        assertThat(unknown.loss(unknown, true)).isNaN();
        assertThat(unknown.loss(unknown, false)).isNaN();
    }
}
