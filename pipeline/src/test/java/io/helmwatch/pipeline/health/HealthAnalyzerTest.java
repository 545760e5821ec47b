package io.helmwatch.pipeline.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.CameraHealthConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The frames of a clip, as the decoder gives them. */
class HealthAnalyzerTest {
    private static final Path CLIP = Path.of(System.getProperty("helmwatch.home"), "models/demo-clip/yard.mp4");
    private static final StreamConfig YARD =
            StreamConfig.builder("yard", CLIP.toString()).analyzeFps(5).build();

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private void play(HealthAnalyzer analyzer) {
        FfmpegFrameSource.create(YARD).run(new FrameReceiver() {
            @Override
            public void onFrame(FrameLease frame) {
                FrameDetections detections = new FrameDetections(
                        YARD.id(),
                        0,
                        frame.sequence(),
                        frame.ptsNanos(),
                        frame.capturedAtMillis(),
                        new ImageSize(frame.width(), frame.height()),
                        new ModelIdentity("none", "1", "fp32", "cpu"),
                        List.of());
                assertThat(analyzer.analyze(detections, frame)).isSameAs(detections);
            }

            @Override
            public void onDropped(DropCause cause) {}

            @Override
            public void onStatus(StreamStatus status) {}
        });
    }

    @Test
    void shouldLookAtAStreamOnceASecondAndFindNothingWrong() {
        HealthAnalyzer analyzer = new HealthAnalyzer(CameraHealthConfig.DEFAULT, new HealthMetrics(registry));
        analyzer.added(YARD);
        play(analyzer);
        assertThat(analyzer.condition("yard")).isEqualTo(StreamReason.NONE);
        assertThat(registry.get("helmwatch.camera.check").timer().count()).isBetween(24L, 26L);
        assertThat(registry.get("helmwatch.camera.brightness").gauge().value()).isBetween(0.2, 0.8);
        analyzer.removed("yard");
        assertThat(registry.find("helmwatch.camera.condition").gauges()).isEmpty();
        assertThat(analyzer.condition("yard")).isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldLookAtNothingWhereItIsSwitchedOff() {
        CameraHealthConfig off =
                new CameraHealthConfig(false, Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofSeconds(10));
        HealthAnalyzer analyzer = new HealthAnalyzer(off, new HealthMetrics(registry));
        analyzer.added(YARD);
        play(analyzer);
        assertThat(registry.find("helmwatch.camera.check").timer()).isNull();
        assertThat(registry.find("helmwatch.camera.condition").gauges()).isEmpty();
    }
}
