package io.helmwatch.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveBenchmarkTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // holds up to | first | most | tried | found
                "5   | 1   | 512 | 1 2 4 8 6 5            | 5",
                "5   | 64  | 512 | 64 32 16 8 4 6 5       | 5",
                "0   | 4   | 512 | 4 2 1                  | 0",
                "100 | 64  | 512 | 64 80 100 125 112 106  | 100",
                "999 | 64  | 196 | 64 80 100 125 156 195      | 195",
                "20  | 300 | 200 | 200 100 50 25 12 18 21 19 20 | 20"
            })
    void shouldGrowUntilItFailsAndHalveTheGap(int limit, int first, int most, String tried, int found)
            throws InterruptedException {
        List<LiveBenchmark.Step> steps =
                LiveBenchmark.search(first, most, streams -> step(streams, streams <= limit), step -> {});

        assertThat(steps.stream().map(step -> String.valueOf(step.streams())).toList())
                .containsExactly(tried.split(" "));
        assertThat(LiveBenchmark.held(steps)).isEqualTo(found);
    }

    @Test
    void shouldMeasureTheNumbersThatAreGivenWhetherTheyHoldOrNot() throws InterruptedException {
        List<Integer> reported = new ArrayList<>();
        List<LiveBenchmark.Step> steps = LiveBenchmark.measure(
                List.of(200, 170, 190), streams -> step(streams, streams <= 170), step -> reported.add(step.streams()));

        assertThat(reported).containsExactly(200, 170, 190);
        assertThat(LiveBenchmark.held(steps)).isEqualTo(170);
    }

    private static LiveBenchmark.Step step(int streams, boolean holds) {
        return new LiveBenchmark.Step(
                streams,
                holds,
                new MeasuredPipeline.Measurement(
                        0,
                        0,
                        new MeasuredPipeline.Latency(0, 0, 0),
                        0,
                        0,
                        Map.of(),
                        new ResourceMeter.Usage(1, 0, 0, 0, 0, Double.NaN, Double.NaN)));
    }
}
