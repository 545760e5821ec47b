package io.helmwatch.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyHistogramTest {

    @ParameterizedTest
    @ValueSource(longs = {1_000, 127_000, 128_000, 1_000_000, 99_400_000, 12_345_678_000L, 1_900_000_000_000L})
    void shouldTellADurationToOnePartInSixtyFour(long nanos) {
        LatencyHistogram histogram = new LatencyHistogram();
        long[] before = histogram.snapshot();
        histogram.record(nanos);

        double millis = nanos / 1e6;
        assertThat(histogram.since(before).p50()).isCloseTo(millis, within(millis / 60 + 0.001));
    }

    @Test
    void shouldOnlyCountWhatCameSinceTheSnapshot() {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.record(50_000_000);
        long[] before = histogram.snapshot();
        for (int i = 1; i <= 1000; i++) {
            histogram.record(i <= 985 ? 2_000_000 : 40_000_000);
        }

        LatencyHistogram.Percentiles percentiles = histogram.since(before);
        assertThat(percentiles.count()).isEqualTo(1000);
        assertThat(percentiles.p50()).isCloseTo(2, within(0.05));
        assertThat(percentiles.p99()).isCloseTo(40, within(0.7));
        assertThat(percentiles.max()).isCloseTo(40, within(0.7));
    }

    @Test
    void shouldGiveZerosForNothing() {
        LatencyHistogram histogram = new LatencyHistogram();

        assertThat(histogram.since(histogram.snapshot())).isEqualTo(new LatencyHistogram.Percentiles(0, 0, 0, 0));
    }
}
