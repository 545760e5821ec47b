package io.helmwatch.pipeline.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.PipelineConfig;
import io.helmwatch.config.inference.CpuPrecision;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.pipeline.ring.ScriptedStages.Run;
import io.helmwatch.pipeline.ring.ScriptedStages.Source;
import io.helmwatch.pipeline.ring.failure.Stage;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.InputSizing;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class HelmetPipelineTest {
    private static final PipelineConfig EIGHT_SLOTS =
            new PipelineConfig(8, Duration.ofSeconds(60), Duration.ofSeconds(5));

    private final ScriptedStages stages = new ScriptedStages();
    private final Recorder recorder = new Recorder();

    @BeforeEach
    void startWithoutPictures() {
        ScriptedStages.PICTURES_HELD.set(0);
    }

    @AfterEach
    void shouldLeaveNoImageAndNoLeaseBehind() {
        assertThat(ScriptedStages.PICTURES_HELD).hasValue(0);
        assertThat(stages.leases).allMatch(lease -> lease.closed);
    }

    private HelmetPipeline start(PipelineConfig config, int streams) {
        return start(config, InferenceConfig.DEFAULT, streams);
    }

    private HelmetPipeline start(PipelineConfig config, InferenceConfig inference, int streams) {
        return ScriptedStages.start(
                stages.open(), config, inference, List.of(), List.of(recorder), new SimpleMeterRegistry(), streams);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4})
    void shouldAnalyseEveryFrameOfAFileInOrder(int maxBatch) throws Exception {
        stages.maxBatch = maxBatch;
        stages.infer = frames -> ScriptedStages.sleepMicros(frames[0] % 3 * 300);
        try (HelmetPipeline pipeline = start(EIGHT_SLOTS, 1)) {
            pipeline.add(new Source("clip", false, 500, 0));
            pipeline.awaitStreams();
            assertThat(feed(pipeline, "clip").analysed()).isEqualTo(500);
            assertThat(feed(pipeline, "clip").decoded()).isEqualTo(500);
        }
        assertThat(recorder.sequencesOf("clip"))
                .containsExactlyElementsOf(LongStream.range(0, 500).boxed().toList());
        assertThat(recorder.found)
                .allMatch(found -> found.detections().get(0).sourceBox().x1() == found.sequence());
    }

    @ParameterizedTest
    @CsvSource({
        // batch, lanes, shapes: also more shapes than lanes
        "1, 4, 2",
        "4, 4, 2",
        "4, 2, 3",
        "8, 3, 3",
        "32, 2, 5",
        "4, 1, 2"
    })
    void shouldAnalyseStreamsOfDifferentShapesInBatchesOfOneShape(int maxBatch, int lanes, int shapes)
            throws Exception {
        stages.maxBatch = maxBatch;
        stages.lanes = lanes;
        stages.workers = Math.min(2, lanes);
        stages.sizing = InputSizing.fitting(320, 32);
        stages.infer = frames -> ScriptedStages.sleepMicros(100);
        try (HelmetPipeline pipeline =
                start(new PipelineConfig(64, Duration.ofSeconds(60), Duration.ofSeconds(5)), shapes)) {
            for (int i = 0; i < shapes; i++) {
                Source source = new Source("shape-" + i, false, 200, 0);
                source.size = new ImageSize(320, 32 * (i + 1));
                pipeline.add(source);
            }
            pipeline.awaitStreams();
        }
        for (int i = 0; i < shapes; i++) {
            assertThat(recorder.sequencesOf("shape-" + i))
                    .containsExactlyElementsOf(LongStream.range(0, 200).boxed().toList());
            assertThat(framesWithInput(new ImageSize(320, 32 * (i + 1)))).isEqualTo(200);
        }
        assertThat(recorder.found)
                .allMatch(found -> found.detections().get(0).sourceBox().x1() == found.sequence());
    }

    @Test
    void shouldAnalyseEveryFrameInOrderWhileWorkersAreExchanged() throws Exception {
        stages.maxBatch = 4;
        stages.workers = 2;
        stages.maxWorkers = 3;
        stages.sizing = InputSizing.fitting(320, 32);
        stages.infer = frames -> ScriptedStages.sleepMicros(300);
        List<List<InferenceLane>> plans = List.of(stages.newLanes(1), stages.newLanes(6), stages.newLanes(2));
        int exchanges = 0;
        try (HelmetPipeline pipeline =
                start(new PipelineConfig(32, Duration.ofSeconds(60), Duration.ofSeconds(5)), 3)) {
            for (int i = 0; i < 3; i++) {
                Source source = new Source("shape-" + i, false, 800, 0);
                source.size = new ImageSize(320, 32 * (i + 1));
                pipeline.add(source);
            }
            while (pipeline.feeds().stream().anyMatch(feed -> !feed.isDone())) {
                int workers = exchanges % 3 == 1 ? 3 : 1;
                BooleanSupplier areOthersFree = pipeline.useLanes(plans.get(exchanges % 3), workers);
                assertThat(pipeline.workers()).isEqualTo(workers);
                exchanges++;
                while (!areOthersFree.getAsBoolean() && pipeline.ringDepth() > 0) {
                    ScriptedStages.sleepMicros(100);
                }
                ScriptedStages.sleepMicros(2_000);
            }
            pipeline.awaitStreams();
            assertThat(pipeline.analysed()).isEqualTo(2_400);
        }
        assertThat(exchanges).isGreaterThan(10);
        for (int i = 0; i < 3; i++) {
            assertThat(recorder.sequencesOf("shape-" + i))
                    .containsExactlyElementsOf(LongStream.range(0, 800).boxed().toList());
        }
        assertThat(recorder.found)
                .allMatch(found -> found.detections().get(0).sourceBox().x1() == found.sequence());
    }

    @Test
    void shouldRefuseMoreWorkersThanThePipelineHas() {
        try (HelmetPipeline pipeline = start(EIGHT_SLOTS, 1)) {
            assertThatThrownBy(() -> pipeline.useLanes(stages.newLanes(4), 3))
                    .hasMessageContainingAll("3 workers", "4 lanes", "1 to 2");
            assertThatThrownBy(() -> pipeline.useLanes(stages.newLanes(1), 2)).hasMessageContaining("1 lanes");
            assertThat(pipeline.workers()).isEqualTo(2);
        }
    }

    private int framesWithInput(ImageSize size) {
        return stages.runs.stream()
                .filter(run -> run.input().equals(size))
                .mapToInt(Run::frames)
                .sum();
    }

    @Test
    void shouldNotLetFramesOfOneShapeWaitForThoseOfAnother() throws Exception {
        stages.maxBatch = 8;
        stages.lanes = 3;
        stages.workers = 1;
        stages.sizing = InputSizing.fitting(320, 32);
        stages.infer = frames -> ScriptedStages.sleepMicros(1_000);
        try (HelmetPipeline pipeline =
                start(new PipelineConfig(64, Duration.ofSeconds(60), Duration.ofSeconds(5)), 4)) {
            for (int i = 0; i < 3; i++) {
                Source flood = new Source("flood-" + i, false, Long.MAX_VALUE, 0);
                flood.size = new ImageSize(320, 192);
                pipeline.add(flood);
            }
            Source rare = new Source("rare", true, 40, 10_000);
            rare.size = new ImageSize(192, 320);
            pipeline.add(rare);
            pipeline.awaitStream("rare");
            assertThat(feed(pipeline, "rare").analysed()).isEqualTo(40);
            assertThat(stages.runs).extracting(Run::input).contains(new ImageSize(192, 320));
        }
        assertThat(recorder.sequencesOf("rare"))
                .containsExactlyElementsOf(LongStream.range(0, 40).boxed().toList());
    }

    @Test
    void shouldDropOnlyTheFramesOfTheBatchThatFailsWhenShapesAlternate() throws Exception {
        stages.maxBatch = 4;
        stages.sizing = InputSizing.fitting(320, 32);
        AtomicInteger failures = new AtomicInteger();
        stages.infer = frames -> {
            ScriptedStages.sleepMicros(500);
            if (failures.getAndIncrement() == 3) {
                throw new IllegalStateException("scripted");
            }
        };
        try (HelmetPipeline pipeline =
                start(new PipelineConfig(32, Duration.ofSeconds(60), Duration.ofSeconds(5)), 2)) {
            for (int i = 0; i < 2; i++) {
                Source source = new Source("shape-" + i, false, 100, 0);
                source.size = new ImageSize(320, 160 * (i + 1));
                pipeline.add(source);
            }
            pipeline.awaitStreams();
            long dropped = pipeline.feeds().stream()
                    .mapToLong(feed -> feed.dropped(DropCause.FAILED))
                    .sum();
            assertThat(dropped).isBetween(1L, 4L);
            assertThat(pipeline.feeds().stream().mapToLong(StreamFeed::analysed).sum())
                    .isEqualTo(200 - dropped);
        }
    }

    @Test
    void shouldKeepEachStreamsOrderWhenEightFilesShareTheRing() throws Exception {
        stages.infer = frames -> ScriptedStages.sleepMicros(frames[0] % 2 * 200);
        try (HelmetPipeline pipeline = start(PipelineConfig.DEFAULT, 8)) {
            for (int i = 0; i < 8; i++) {
                pipeline.add(new Source("clip-" + i, false, 100, 0));
            }
            pipeline.awaitStreams();
        }
        for (int i = 0; i < 8; i++) {
            assertThat(recorder.sequencesOf("clip-" + i))
                    .containsExactlyElementsOf(LongStream.range(0, 100).boxed().toList());
        }
    }

    @Test
    void shouldReportStatesInOrderWithTheFrames() throws Exception {
        try (HelmetPipeline pipeline = start(EIGHT_SLOTS, 1)) {
            pipeline.add(new Source("clip", false, 20, 0));
            pipeline.awaitStreams();
        }
        assertThat(recorder.log.get(0)).isEqualTo("clip ONLINE");
        assertThat(recorder.log.get(recorder.log.size() - 1)).isEqualTo("clip ENDED");
        assertThat(recorder.log).hasSize(22);
    }

    @Test
    void shouldDropLiveFramesWithoutWaitingAndAccountForEach() throws Exception {
        stages.infer = frames -> ScriptedStages.sleepMicros(3_000);
        try (HelmetPipeline pipeline = start(EIGHT_SLOTS, 4)) {
            for (int i = 0; i < 4; i++) {
                pipeline.add(new Source("gate-" + i, true, 400, 500));
            }
            pipeline.awaitStreams();
            long shareDrops = 0;
            long ringDrops = 0;
            for (StreamFeed feed : pipeline.feeds()) {
                assertThat(feed.decoded()).isEqualTo(400);
                assertThat(feed.analysed() + feed.dropped()).isEqualTo(400);
                assertThat(feed.analysed())
                        .isEqualTo(recorder.sequencesOf(feed.id()).size());
                assertThat(feed.dropped(DropCause.FAILED)).isZero();
                shareDrops += feed.dropped(DropCause.STREAM_SHARE);
                ringDrops += feed.dropped(DropCause.RING_FULL);
            }
            assertThat(shareDrops).isPositive();
            assertThat(ringDrops).isPositive();
        }
        for (int i = 0; i < 4; i++) {
            assertThat(recorder.sequencesOf("gate-" + i)).isSorted().doesNotHaveDuplicates();
        }
    }

    @Test
    void shouldKeepAFloodingStreamFromTakingTheOthersSlots() throws Exception {
        stages.infer = frames -> ScriptedStages.sleepMicros(2_000);
        try (HelmetPipeline pipeline =
                start(new PipelineConfig(16, Duration.ofSeconds(60), Duration.ofSeconds(5)), 4)) {
            Source flood = new Source("flood", true, Long.MAX_VALUE, 0);
            pipeline.add(flood);
            pipeline.add(new Source("calm", true, 50, 20_000));
            pipeline.awaitStream("calm");
            assertThat(feed(pipeline, "calm").analysed()).isEqualTo(50);
            assertThat(feed(pipeline, "flood").dropped(DropCause.STREAM_SHARE)).isPositive();
            assertThat(feed(pipeline, "flood").slotsHeld()).isLessThanOrEqualTo(8);
        }
    }

    @Test
    void shouldDropLiveFramesThatBecameTooOldAndKeepOldFramesOfFiles() throws Exception {
        PipelineConfig oneSecond = new PipelineConfig(32, Duration.ofSeconds(1), Duration.ofSeconds(5));
        try (HelmetPipeline pipeline = start(oneSecond, 2)) {
            Source stale = new Source("camera", true, 10, 5_000);
            stale.ageNanos = Duration.ofSeconds(2).toNanos();
            Source file = new Source("file", false, 10, 0);
            file.ageNanos = Duration.ofSeconds(2).toNanos();
            pipeline.add(stale);
            pipeline.add(file);
            pipeline.awaitStreams();
            assertThat(feed(pipeline, "camera").dropped(DropCause.STALE)).isEqualTo(10);
            assertThat(feed(pipeline, "camera").analysed()).isZero();
            assertThat(feed(pipeline, "file").analysed()).isEqualTo(10);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Stage.class,
            names = {"PREPROCESS", "INFERENCE", "POSTPROCESS"})
    void shouldDropOnlyTheFramesOnWhichAStageFails(Stage stage) throws Exception {
        switch (stage) {
            case PREPROCESS -> stages.preprocess = ScriptedStagesFailure::onEveryTenth;
            case INFERENCE -> stages.infer = frames -> ScriptedStagesFailure.onEveryTenth(frames[0]);
            default -> stages.postprocess = ScriptedStagesFailure::onEveryTenth;
        }
        try (HelmetPipeline pipeline = start(EIGHT_SLOTS, 1)) {
            pipeline.add(new Source("clip", false, 200, 0));
            pipeline.awaitStreams();
            assertThat(feed(pipeline, "clip").analysed()).isEqualTo(180);
            assertThat(feed(pipeline, "clip").dropped(DropCause.FAILED)).isEqualTo(20);
            assertThat(pipeline.failures().count(stage)).isEqualTo(20);
            assertThat(pipeline.isRunning()).isTrue();
        }
        assertThat(recorder.sequencesOf("clip"))
                .containsExactlyElementsOf(LongStream.range(0, 200)
                        .filter(i -> i % 10 != 0)
                        .boxed()
                        .toList());
    }

    @Test
    void shouldDropAWholeBatchWhenTheModelFailsOnIt() throws Exception {
        stages.maxBatch = 4;
        stages.infer = frames -> {
            for (long frame : frames) {
                ScriptedStagesFailure.onEveryTenth(frame);
            }
        };
        try (HelmetPipeline pipeline = start(EIGHT_SLOTS, 1)) {
            pipeline.add(new Source("clip", false, 200, 0));
            pipeline.awaitStreams();
            StreamFeed feed = feed(pipeline, "clip");
            assertThat(feed.analysed() + feed.dropped(DropCause.FAILED)).isEqualTo(200);
            assertThat(feed.dropped(DropCause.FAILED)).isGreaterThanOrEqualTo(20);
            assertThat(pipeline.failures().count(Stage.INFERENCE)).isBetween(1L, 20L);
        }
    }

    @Test
    void shouldReachTheOtherSinksAndAnalyzersWhenOneFails() throws Exception {
        DetectionSink broken = new Recorder() {
            @Override
            public void publish(FrameDetections detections) {
                throw new IllegalStateException("sink broken on purpose");
            }

            @Override
            public void publish(StreamStatus status) {
                throw new IllegalStateException("sink broken on purpose");
            }
        };
        FrameAnalyzer crashing = new FrameAnalyzer() {
            @Override
            public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
                throw new IllegalStateException("analyzer broken on purpose");
            }

            @Override
            public void close() {}
        };
        try (HelmetPipeline pipeline = ScriptedStages.start(
                stages.open(),
                EIGHT_SLOTS,
                InferenceConfig.DEFAULT,
                List.of(crashing),
                List.of(broken, recorder),
                new SimpleMeterRegistry(),
                1)) {
            pipeline.add(new Source("clip", false, 10, 0));
            pipeline.awaitStreams();
            assertThat(feed(pipeline, "clip").analysed()).isEqualTo(10);
            assertThat(pipeline.failures().count(Stage.SINK)).isEqualTo(22);
        }
        assertThat(recorder.sequencesOf("clip")).hasSize(10);
    }

    @Test
    void shouldFillBatchesWithWhatWaitsWhileTheModelIsBusy() throws Exception {
        stages.maxBatch = 4;
        stages.workers = 1;
        stages.lanes = 2;
        stages.infer = frames -> ScriptedStages.sleepMicros(5_000);
        try (HelmetPipeline pipeline =
                start(new PipelineConfig(16, Duration.ofSeconds(60), Duration.ofSeconds(5)), 1)) {
            pipeline.add(new Source("clip", false, 100, 0));
            pipeline.awaitStreams();
        }
        assertThat(stages.runs.stream().mapToInt(Run::frames).max()).hasValue(4);
        assertThat(stages.runs).hasSizeLessThan(40);
        assertThat(stages.runs.stream().mapToInt(Run::frames).sum()).isEqualTo(100);
    }

    @Test
    void shouldWaitALittleForFullerBatchesWhenAllowed() throws Exception {
        stages.maxBatch = 4;
        InferenceConfig patient = new InferenceConfig(CpuPrecision.FP32, 0, 4, Duration.ofMillis(500));
        try (HelmetPipeline pipeline =
                start(new PipelineConfig(16, Duration.ofSeconds(60), Duration.ofSeconds(5)), patient, 1)) {
            pipeline.add(new Source("clip", false, 39, 2_000));
            pipeline.awaitStreams();
        }
        assertThat(stages.runs).hasSizeLessThan(15);
        assertThat(recorder.sequencesOf("clip")).hasSize(39);
    }

    @Test
    void shouldAnalyseWhatIsInTheRingBeforeItCloses() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        stages.infer = frames -> await(gate);
        HelmetPipeline pipeline = start(EIGHT_SLOTS, 1);
        pipeline.add(new Source("clip", false, Long.MAX_VALUE, 0));
        while (feed(pipeline, "clip").slotsHeld() < 7) {
            ScriptedStages.sleepMicros(500);
        }
        new Thread(() -> {
                    ScriptedStages.sleepMicros(100_000);
                    gate.countDown();
                })
                .start();
        StreamFeed feed = feed(pipeline, "clip");
        pipeline.close();
        assertThat(feed.analysed()).isEqualTo(feed.decoded()).isPositive();
        assertThat(recorder.log.get(recorder.log.size() - 1)).isEqualTo("clip ENDED");
    }

    @Test
    void shouldCloseInTimeWhenTheNetworkHangs() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        stages.infer = frames -> await(gate);
        HelmetPipeline pipeline = start(new PipelineConfig(8, Duration.ofSeconds(60), Duration.ofMillis(300)), 1);
        pipeline.add(new Source("clip", false, Long.MAX_VALUE, 0));
        while (feed(pipeline, "clip").slotsHeld() < 7) {
            ScriptedStages.sleepMicros(500);
        }
        long start = System.nanoTime();
        pipeline.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
        assertThat(stages.leases).noneMatch(lease -> lease.closed);
        gate.countDown();
        while (pipeline.isRunning()) {
            ScriptedStages.sleepMicros(500);
        }
        stages.leases.forEach(ScriptedStages.Picture::close);
    }

    @Test
    void shouldRefuseTwoStreamsOfOneName() throws Exception {
        try (HelmetPipeline pipeline = start(EIGHT_SLOTS, 2)) {
            pipeline.add(new Source("gate", false, 1, 0));
            assertThatThrownBy(() -> pipeline.add(new Source("gate", false, 1, 0)))
                    .hasMessageContainingAll("gate", "twice");
            pipeline.awaitStreams();
            pipeline.remove("gate");
            pipeline.add(new Source("gate", false, 1, 0));
            pipeline.awaitStreams();
        }
        assertThat(recorder.sequencesOf("gate")).hasSize(2);
    }

    private static StreamFeed feed(HelmetPipeline pipeline, String id) {
        return pipeline.feeds().stream()
                .filter(feed -> feed.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Fails on purpose. */
    private static final class ScriptedStagesFailure {
        static void onEveryTenth(long frame) {
            if (frame % 10 == 0) {
                throw new IllegalStateException("stage broken on purpose");
            }
        }
    }

    /** Keeps what it gets; the sink thread writes, the test reads after the end. */
    private static class Recorder implements DetectionSink {
        final List<FrameDetections> found = Collections.synchronizedList(new ArrayList<>());
        final List<String> log = Collections.synchronizedList(new ArrayList<>());

        List<Long> sequencesOf(String stream) {
            return found.stream()
                    .filter(f -> f.stream().equals(stream))
                    .map(FrameDetections::sequence)
                    .toList();
        }

        @Override
        public String name() {
            return "recorder";
        }

        @Override
        public void publish(FrameDetections detections) {
            found.add(detections);
            log.add(detections.stream() + " " + detections.sequence());
        }

        @Override
        public void publish(StreamStatus status) {
            log.add(status.stream() + " " + status.state());
        }

        @Override
        public void close() {}
    }
}
