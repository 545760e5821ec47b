package io.helmwatch.ingest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameSamplerTest {

    @ParameterizedTest
    @CsvSource({
        // stream fps, analyze-fps, frames of the stream, frames let through
        "25, 0, 100, 100",
        "25, 25, 100, 100",
        "25, 5, 100, 20",
        "25, 10, 100, 40",
        "30, 7, 300, 70",
        "29.97, 29.97, 300, 300",
        "25, 1, 250, 10",
        "25, 0.5, 250, 5",
        "10, 25, 100, 100",
    })
    void shouldLetThroughTheRateThatWasAskedFor(double streamFps, double analyzeFps, int frames, int admitted) {
        FrameSampler sampler = new FrameSampler(analyzeFps);
        int count = 0;
        for (int i = 0; i < frames; i++) {
            // As Matroska rounds them.
            long pts = Math.round(i / streamFps * 1000) * 1_000_000L;
            count += sampler.admits(pts) ? 1 : 0;
        }
        assertThat(count).isEqualTo(admitted);
    }

    @Test
    void shouldNotMakeUpForAPause() {
        FrameSampler sampler = new FrameSampler(10);
        assertThat(sampler.admits(0)).isTrue();
        assertThat(sampler.admits(5_000_000_000L)).isTrue();
        assertThat(sampler.admits(5_020_000_000L)).isFalse();
        assertThat(sampler.admits(5_100_000_000L)).isTrue();
    }
}
