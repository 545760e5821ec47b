package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.PipelineConfig;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.pipeline.backend.ExchangeableWorkers;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.OpenedWorkers;
import io.helmwatch.pipeline.backend.cpu.CpuStageFactory;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.ScriptedStages;
import io.helmwatch.pipeline.ring.ScriptedStages.Source;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WorkerTuningTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final WorkerTuning.Timing FAST = new WorkerTuning.Timing(
            Duration.ofSeconds(30),
            Duration.ofMillis(20),
            Duration.ofMillis(150),
            Duration.ofMinutes(30),
            Duration.ofSeconds(10));

    @TempDir
    Path folder;

    private final ScriptedStages stages = new ScriptedStages();
    private final InMemoryDetectionSink sink = new InMemoryDetectionSink();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private ExchangeableWorkers workers;
    private HelmetPipeline pipeline;
    private Source camera;

    /** One worker with one lane in use, and another plan with as many workers as told. */
    private void start(int otherWorkers, long cameraPeriodMicros) {
        stages.workers = 1;
        stages.lanes = 1;
        stages.maxWorkers = otherWorkers;
        OpenedBackend backend = stages.open();
        workers = new ExchangeableWorkers(plan(backend.stages().lanes(), 1, otherWorkers));
        pipeline = ScriptedStages.start(
                backend, PipelineConfig.DEFAULT, InferenceConfig.DEFAULT, List.of(), List.of(sink), registry, 1);
        camera = new Source("gate", true, Long.MAX_VALUE, cameraPeriodMicros);
        pipeline.add(camera);
    }

    private OpenedWorkers plan(List<InferenceLane> lanes, int count, int others) {
        opened.incrementAndGet();
        Closer owned = new Closer();
        owned.register(closed::incrementAndGet);
        return new OpenedWorkers(
                lanes, count, count + " workers", () -> plan(stages.newLanes(others), others, count), owned);
    }

    private WorkerTuning tuning(WorkerTuning.Timing timing) {
        return new WorkerTuning(pipeline, workers, timing, registry, "cpu");
    }

    private double measurements(String result) {
        return registry.get("helmwatch.worker.measurements")
                .tag("result", result)
                .counter()
                .count();
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            ScriptedStages.sleepMicros(1_000);
        }
    }

    @AfterEach
    void shouldDropNothingButTheOverloadAndLeaveNoWorkersBehind() {
        if (pipeline == null) {
            return;
        }
        camera.stop();
        await(() -> pipeline.feeds().iterator().next().isDone());
        long analysed = pipeline.analysed();
        pipeline.close();
        workers.close();
        assertThat(sink.detections()).hasSize((int) analysed);
        assertThat(sink.detections().stream().map(FrameDetections::sequence))
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(closed).hasValue(opened.get());
    }

    @Test
    void shouldChangeToMoreWorkersWhenTheyAnalyseMoreOfAnOverload() {
        stages.infer = frames -> ScriptedStages.sleepMicros(8_000);
        start(4, 1_000);
        try (WorkerTuning tuning = tuning(FAST)) {
            await(() -> pipeline.analysed() > 3);
            tuning.check(true, 0);
            tuning.check(true, 29 * SECOND);
            assertThat(opened).as("an overload of 29 s").hasValue(1);
            tuning.check(true, 30 * SECOND);
            await(() -> measurements("changed") == 1 && closed.get() == 1);
            assertThat(pipeline.workers()).isEqualTo(4);
            assertThat(workers.current().workers()).isEqualTo(4);
            assertThat(registry.get("helmwatch.inference.workers").gauge().value())
                    .isEqualTo(4);
            tuning.check(true, 1_829 * SECOND);
            assertThat(opened).as("a pause of less than half an hour").hasValue(2);
        }
    }

    @Test
    void shouldKeepTheWorkersWhenTheOthersAnalyseFewer() {
        AtomicInteger running = new AtomicInteger();
        stages.infer = frames -> {
            // Two at a time take four times as long as one.
            boolean alone = running.incrementAndGet() == 1;
            ScriptedStages.sleepMicros(alone ? 4_000 : 16_000);
            running.decrementAndGet();
        };
        start(2, 1_000);
        try (WorkerTuning tuning = tuning(FAST)) {
            await(() -> pipeline.analysed() > 3);
            tuning.check(true, 0);
            tuning.check(true, 30 * SECOND);
            await(() -> measurements("kept") == 1 && closed.get() == 1);
            assertThat(pipeline.workers()).isEqualTo(1);
            tuning.check(true, 1_830 * SECOND);
            await(() -> measurements("kept") == 2 && closed.get() == 2);
        }
    }

    @Test
    void shouldMeasureNothingOnceTheOverloadHasEnded() {
        start(2, 5_000);
        try (WorkerTuning tuning = tuning(FAST)) {
            await(() -> pipeline.analysed() > 3);
            tuning.check(true, 0);
            tuning.check(false, 10 * SECOND);
            tuning.check(true, 20 * SECOND);
            tuning.check(true, 49 * SECOND);
            assertThat(opened).hasValue(1);
            tuning.check(true, 50 * SECOND);
            await(() -> measurements("abandoned") == 1 && closed.get() == 1);
            assertThat(pipeline.workers()).isEqualTo(1);
        }
    }

    @Test
    void shouldKeepTheWorkersWhenTheOthersCannotBeOpened() {
        stages.infer = frames -> ScriptedStages.sleepMicros(4_000);
        start(2, 1_000);
        ExchangeableWorkers full = new ExchangeableWorkers(new OpenedWorkers(
                workers.current().lanes(),
                1,
                "1 worker",
                () -> {
                    throw new IllegalStateException("no memory for the tensors of another lane");
                },
                new Closer()));
        try (WorkerTuning tuning = new WorkerTuning(pipeline, full, FAST, registry, "cpu")) {
            tuning.check(true, 0);
            tuning.check(true, 30 * SECOND);
            await(() -> measurements("abandoned") == 1);
            assertThat(pipeline.workers()).isEqualTo(1);
        }
    }

    @Test
    void shouldEndAMeasurementWhenItIsClosed() {
        stages.infer = frames -> ScriptedStages.sleepMicros(4_000);
        start(2, 1_000);
        WorkerTuning tuning = tuning(WorkerTuning.Timing.DEFAULT);
        await(() -> pipeline.analysed() > 3);
        tuning.check(true, 0);
        tuning.check(true, 30 * SECOND);
        await(() -> opened.get() == 2);
        long start = System.nanoTime();
        tuning.close();
        tuning.close();
        assertThat(System.nanoTime() - start).isLessThan(2 * SECOND);
        assertThat(measurements("changed") + measurements("kept")).isZero();
    }

    /** ONNX Runtime, FFmpeg and the shipped model; the file waits for the workers, so that each frame counts. */
    @Test
    void shouldExchangeTheWorkersOfTheCpuWithoutLosingAFrame() throws Exception {
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one core has one plan");
        HelmwatchConfig config = ConfigLoader.parse(
                "{json-lines: {target: x.jsonl}, streams: [{id: yard, url: %s, analyze-fps: 1}]}"
                        .formatted(HOME.resolve("models/demo-clip/yard.mp4")),
                "site.yaml",
                folder,
                name -> null);
        try (OpenedBackend backend = new CpuStageFactory().open(config, HOME.resolve("models/helmet-yolov5n.onnx"))) {
            ExchangeableWorkers real = backend.exchangeableWorkers();
            assertThat(real.current().hasOtherPlan()).isTrue();
            try (HelmetPipeline running = ScriptedStages.start(
                    backend, PipelineConfig.DEFAULT, InferenceConfig.DEFAULT, List.of(), List.of(sink), registry, 1)) {
                running.add(backend.newSource(config.streams().get(0)));
                OpenedWorkers first = real.current();
                for (int exchange = 0; exchange < 2; exchange++) {
                    long before = running.analysed();
                    await(() -> running.analysed() > before + 2);
                    OpenedWorkers present = real.current();
                    OpenedWorkers other = present.openOtherPlan();
                    assertThat(other.workers()).isNotEqualTo(present.workers());
                    BooleanSupplier areFree = running.useLanes(other.lanes(), other.workers());
                    await(areFree);
                    real.replace(other);
                    present.close();
                    assertThat(backend.workers()).isEqualTo(other.workers());
                }
                assertThat(real.current().description()).isEqualTo(first.description());
                running.awaitStreams();
                assertThat(running.failures().count()).isZero();
            }
        }
        List<FrameDetections> found = sink.detections();
        assertThat(found).hasSize(25);
        assertThat(found.stream()
                        .map(FrameDetections::detections)
                        .mapToInt(List::size)
                        .sum())
                .isGreaterThan(25);
        assertThat(found.stream().flatMap(frame -> frame.detections().stream()))
                .extracting(Detection::confidence)
                .allMatch(confidence -> confidence > 0.2f);
        assertThat(NativeMemory.outstanding()).isEmpty();
    }
}
