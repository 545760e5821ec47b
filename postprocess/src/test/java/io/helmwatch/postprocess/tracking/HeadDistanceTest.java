package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadDistanceTest {

    @ParameterizedTest
    @CsvSource({"10, 0, 20", "10, 0.5, 25", "10, 1, 30", "10, 3, 50", "10, 60, 50", "30, 1, 90"})
    void shouldReachFartherTheLongerAHeadIsUnseenUpToALimit(double size, double seconds, double reach) {
        assertThat(HeadDistance.reach(size, Math.round(seconds * 1e9))).isEqualTo(reach);
    }

    @ParameterizedTest
    @CsvSource({"10, 10, true", "18, 10, true", "10, 18, true", "18.01, 10, false", "10, 18.01, false"})
    void shouldCompareSizesBothWays(double size, double other, boolean isSame) {
        assertThat(HeadDistance.isSameSize(size, other)).isEqualTo(isSame);
    }
}
