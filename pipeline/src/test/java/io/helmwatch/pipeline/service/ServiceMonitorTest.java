package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.PipelineConfig;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.ScriptedStages;
import io.helmwatch.pipeline.ring.ScriptedStages.Source;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.StreamReason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ServiceMonitorTest {
    @Test
    void shouldSumUpWhatHappenedSinceTheLastLine() throws Exception {
        ScriptedStages stages = new ScriptedStages();
        stages.postprocess = frame -> {
            if (frame == 3) {
                throw new IllegalStateException("broken on purpose");
            }
        };
        InMemoryDetectionSink sink = new InMemoryDetectionSink();
        try (HelmetPipeline pipeline = ScriptedStages.start(
                stages.open(),
                PipelineConfig.DEFAULT,
                InferenceConfig.DEFAULT,
                List.of(),
                List.of(sink),
                new SimpleMeterRegistry(),
                1)) {
            ServiceSummary summary = new ServiceSummary(new DevicePipelines(List.of(pipeline)), List.of(sink));
            pipeline.add(new Source("gate", false, 10, 0));
            pipeline.awaitStreams();
            assertThat(summary.sinceLast(60))
                    .isEqualTo(
                            "Last 60 s: 0 of 1 stream online, 10 frames decoded, 10 wanted (0.2/s), 9 analysed (0.2/s), 1 dropped"
                                    + " (since start: failed 1), memory 11 delivered, 1 stage failures since start");
            assertThat(summary.sinceLast(60))
                    .startsWith("Last 60 s: 0 of 1 stream online, 0 frames decoded, 0 wanted (0.0/s), 0 analysed");
        }
    }

    @Test
    void shouldLookAtLiveStreamsOnceASecondWhateverTheLookThrows() throws Exception {
        List<String> looked = new CopyOnWriteArrayList<>();
        try (HelmetPipeline pipeline = ScriptedStages.start(
                        new ScriptedStages().open(),
                        PipelineConfig.DEFAULT,
                        InferenceConfig.DEFAULT,
                        List.of(),
                        List.of(),
                        new SimpleMeterRegistry(),
                        2);
                ServiceMonitor monitor = ServiceMonitor.start(
                        new DevicePipelines(List.of(pipeline)),
                        List.of(),
                        new AnalysisWatch(stream -> 0, stream -> StreamReason.NONE),
                        feed -> {
                            looked.add(feed.id());
                            throw new IllegalStateException("broken on purpose");
                        },
                        List.of())) {
            pipeline.add(new Source("gate", true, 10, 0));
            pipeline.add(new Source("file", false, 10, 0));
            while (looked.size() < 2) {
                ScriptedStages.sleepMicros(500);
            }
            assertThat(looked).containsOnly("gate");
            assertThat(monitor.stalledFor()).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void shouldShowFramesRateAndTimeLeftOfFiles() throws Exception {
        ScriptedStages stages = new ScriptedStages();
        try (HelmetPipeline pipeline = ScriptedStages.start(
                stages.open(),
                PipelineConfig.DEFAULT,
                InferenceConfig.DEFAULT,
                List.of(),
                List.of(),
                new SimpleMeterRegistry(),
                2)) {
            // Frame 50 of 200, 40 ms each, stands still: a quarter of the way after 10 s.
            Source file = new Source("file", false, 200, 0, frame -> frame == 51) {
                @Override
                public long durationNanos() {
                    return 8_000_000_000L;
                }
            };
            pipeline.add(file);
            StreamFeed feed = pipeline.feeds().iterator().next();
            while (feed.analysed() < 51) {
                ScriptedStages.sleepMicros(500);
            }
            assertThat(ProgressLine.text(pipeline.feeds(), 10_000_000_000L))
                    .isEqualTo("51 frames, 5.1 per second, 0:30 left");
            file.stop();
            pipeline.awaitStreams();
            assertThat(ProgressLine.text(pipeline.feeds(), 10_000_000_000L)).isEmpty();
        }
    }
}
