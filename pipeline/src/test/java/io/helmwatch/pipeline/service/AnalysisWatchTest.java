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
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AnalysisWatchTest {
    private final InMemoryDetectionSink sink = new InMemoryDetectionSink();
    private final ScriptedStages stages = new ScriptedStages();
    private long now;

    private HelmetPipeline start() {
        return ScriptedStages.start(
                stages.open(),
                PipelineConfig.DEFAULT,
                InferenceConfig.DEFAULT,
                List.of(),
                List.of(sink),
                new SimpleMeterRegistry(),
                1);
    }

    /** Checks as the monitor does, a second of which passes in {@code realMillis}. */
    private void seconds(int count, AnalysisWatch watch, HelmetPipeline pipeline, int realMillis) {
        for (int i = 0; i < count; i++) {
            ScriptedStages.sleepMicros(realMillis * 1_000L);
            now += TimeUnit.SECONDS.toNanos(1);
            watch.check(pipeline.feeds(), now);
        }
    }

    private List<State> states() {
        return sink.statuses().stream().map(StreamStatus::state).toList();
    }

    @Test
    void shouldDegradeAStreamWhoseFramesAreNotAnalysedUntilTheyAre() {
        AtomicBoolean broken = new AtomicBoolean(true);
        stages.infer = frames -> {
            if (broken.get()) {
                throw new IllegalStateException("broken on purpose");
            }
        };
        Source camera = new Source("gate", true, Long.MAX_VALUE, 2_000);
        try (HelmetPipeline pipeline = start()) {
            AnalysisWatch watch = new AnalysisWatch(stream -> 0, stream -> StreamReason.NONE);
            pipeline.add(camera);
            StreamFeed feed = pipeline.feeds().iterator().next();
            await(() -> feed.status().state() == State.ONLINE);

            seconds(8, watch, pipeline, 5);
            assertThat(feed.status().state()).isEqualTo(State.ONLINE);
            seconds(3, watch, pipeline, 5);
            assertThat(feed.status().state()).isEqualTo(State.DEGRADED);
            assertThat(feed.status().reason()).startsWith("only 0.0 of ");

            broken.set(false);
            seconds(20, watch, pipeline, 10);
            assertThat(feed.status().state()).isEqualTo(State.ONLINE);
            camera.stop();
            await(feed::isDone);
        }
        assertThat(states()).containsExactly(State.ONLINE, State.DEGRADED, State.ONLINE, State.ENDED);
    }

    @Test
    void shouldDegradeAStreamWhosePictureIsBlackAndSayThatFirst() {
        AtomicReference<StreamReason> image = new AtomicReference<>(StreamReason.BLACK);
        stages.workers = 1;
        stages.lanes = 1;
        stages.infer = frames -> ScriptedStages.sleepMicros(10_000);
        Source camera = new Source("gate", true, Long.MAX_VALUE, 1_000);
        try (HelmetPipeline pipeline = start()) {
            AnalysisWatch watch = new AnalysisWatch(stream -> 0, stream -> image.get());
            pipeline.add(camera);
            StreamFeed feed = pipeline.feeds().iterator().next();
            await(() -> feed.analysed() > 10);

            seconds(15, watch, pipeline, 40);
            assertThat(feed.status().reasonCode()).isEqualTo(StreamReason.BLACK);
            assertThat(feed.status().reason()).matches("the image is black: .*; only .* analysed");

            image.set(StreamReason.NONE);
            seconds(1, watch, pipeline, 40);
            assertThat(feed.status().reasonCode()).isEqualTo(StreamReason.OVERLOAD);
            camera.stop();
            await(feed::isDone);
        }
    }

    @Test
    void shouldDegradeAnOverloadedStreamAndReportItsRates() {
        stages.workers = 1;
        stages.lanes = 1;
        stages.infer = frames -> ScriptedStages.sleepMicros(10_000);
        Source camera = new Source("gate", true, Long.MAX_VALUE, 1_000);
        try (HelmetPipeline pipeline = start()) {
            AnalysisWatch watch = new AnalysisWatch(stream -> 0, stream -> StreamReason.NONE);
            pipeline.add(camera);
            StreamFeed feed = pipeline.feeds().iterator().next();
            await(() -> feed.analysed() > 10);

            seconds(15, watch, pipeline, 40);

            assertThat(feed.status().state()).isEqualTo(State.DEGRADED);
            assertThat(feed.status().reason()).matches("only [0-9.]+ of [0-9.]+ wanted frames per second analysed");
            assertThat(feed.rates().analysedPerSecond())
                    .isPositive()
                    .isLessThan(0.8 * feed.rates().wantedPerSecond());
            // The state passes the ring, which is full.
            while (!states().contains(State.DEGRADED)) {
                seconds(1, watch, pipeline, 40);
            }
            assertThat(states()).containsExactly(State.ONLINE, State.DEGRADED);
            camera.stop();
            await(feed::isDone);
        }
    }

    @Test
    void shouldLeaveAStreamAloneThatIsAnalysedRarelyBecauseItIsConfiguredSo() {
        Source camera = new Source("gate", true, Long.MAX_VALUE, 15_000);
        try (HelmetPipeline pipeline = start()) {
            AnalysisWatch watch = new AnalysisWatch(stream -> 0.1, stream -> StreamReason.NONE);
            pipeline.add(camera);
            StreamFeed feed = pipeline.feeds().iterator().next();
            await(() -> feed.analysed() > 0);
            camera.stop();
            await(feed::isDone);
            assertThat(states()).containsExactly(State.ONLINE, State.ENDED);
            seconds(25, watch, pipeline, 0);
            assertThat(states()).containsExactly(State.ONLINE, State.ENDED);
        }
    }

    @Test
    void shouldNotDegradeAStreamOfFewFramesForOneThatIsUnderWay() {
        AtomicLong sent = new AtomicLong(1);
        AtomicLong analysable = new AtomicLong(1);
        AtomicLong analysed = new AtomicLong();
        stages.infer = frames -> {
            long number = analysed.incrementAndGet();
            await(() -> number <= analysable.get());
        };
        Source camera = new Source("gate", true, Long.MAX_VALUE, 100, frame -> frame >= sent.get());
        try (HelmetPipeline pipeline = start()) {
            AnalysisWatch watch = new AnalysisWatch(stream -> 0.4, stream -> StreamReason.NONE);
            pipeline.add(camera);
            StreamFeed feed = pipeline.feeds().iterator().next();
            await(() -> feed.analysed() == 1);
            seconds(1, watch, pipeline, 0);
            analysable.set(4);
            // One after the other: several in one batch would be held up together.
            for (int i = 2; i <= 4; i++) {
                long frames = i;
                sent.set(frames);
                await(() -> feed.analysed() == frames);
            }
            sent.set(5);
            await(() -> feed.decoded() == 5);

            seconds(10, watch, pipeline, 0);
            assertThat(feed.rates().missingFrames()).isEqualTo(1);
            assertThat(feed.status().state()).isEqualTo(State.ONLINE);

            analysable.set(Long.MAX_VALUE);
            camera.stop();
            sent.set(Long.MAX_VALUE);
            await(feed::isDone);
        }
    }

    @Test
    void shouldSayOneThingOfAStreamOfVeryFewFramesNoneOfWhichIsAnalysed() {
        AtomicLong sent = new AtomicLong(1);
        stages.infer = frames -> {
            throw new IllegalStateException("broken on purpose");
        };
        Source camera = new Source("gate", true, Long.MAX_VALUE, 100, frame -> frame >= sent.get());
        try (HelmetPipeline pipeline = start()) {
            AnalysisWatch watch = new AnalysisWatch(stream -> 0.05, stream -> StreamReason.NONE);
            pipeline.add(camera);
            StreamFeed feed = pipeline.feeds().iterator().next();
            await(() -> feed.status().state() == State.ONLINE);
            for (int i = 0; i < 6; i++) {
                seconds(20, watch, pipeline, 1);
                long frames = sent.incrementAndGet();
                await(() -> feed.decoded() == frames);
            }
            assertThat(feed.status().reasonCode()).isEqualTo(StreamReason.OVERLOAD);
            assertThat(feed.status().reason()).isEqualTo("no wanted frame analysed for 60 s");

            camera.stop();
            sent.set(Long.MAX_VALUE);
            await(feed::isDone);
        }
        assertThat(states()).containsExactly(State.ONLINE, State.DEGRADED, State.ENDED);
    }

    @Test
    void shouldSayThatNoVideoArrivesWhereTheCameraIsSilent() {
        AtomicLong sent = new AtomicLong(1);
        Source camera = new Source("gate", true, Long.MAX_VALUE, 100, frame -> frame >= sent.get());
        try (HelmetPipeline pipeline = start()) {
            AnalysisWatch watch = new AnalysisWatch(stream -> 0, stream -> StreamReason.NONE);
            pipeline.add(camera);
            StreamFeed feed = pipeline.feeds().iterator().next();
            await(() -> feed.analysed() == 1);

            seconds(12, watch, pipeline, 0);
            assertThat(feed.status().reasonCode()).isEqualTo(StreamReason.CONNECTION);
            assertThat(feed.status().reason()).isEqualTo("no video for 10 s");

            camera.stop();
            await(feed::isDone);
        }
    }

    private static void await(java.util.function.BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("waited too long");
            }
            ScriptedStages.sleepMicros(500);
        }
    }
}
