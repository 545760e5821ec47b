package io.helmwatch.pipeline;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.Letterbox;
import io.helmwatch.vision.StreamStatus;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Measures each stage alone and the whole pipeline, in turn and several times, so that a noisy machine disturbs all alike.
 *
 * <p>Threading: one thread, which starts others and waits for them. Ownership: the stages are the caller's.
 */
final class StageBenchmark {
    private static final int SAMPLE_FRAMES = 16;
    private static final int WARM_UP_FRAMES = 20;

    private final Stages stages;
    private final HelmwatchConfig config;
    private final List<StreamConfig> streams;
    private final long roundNanos;

    private final List<Speed> decode = new ArrayList<>();
    private final List<Speed> preprocess = new ArrayList<>();
    private final List<Speed> inference = new ArrayList<>();
    private final List<Speed> postprocess = new ArrayList<>();
    private final List<Speed> whole = new ArrayList<>();
    private final List<Double> latencyP50Millis = new ArrayList<>();
    private final List<Double> latencyP99Millis = new ArrayList<>();

    /**
     * How fast something is.
     *
     * @param fps frames per second
     * @param cpuMillis processor time of the whole process per frame: hardly disturbed by what else the machine does
     */
    record Speed(double fps, double cpuMillis) {}

    /**
     * Each stage alone and the whole, as medians over the rounds.
     *
     * @param decode all streams at once, one thread each
     * @param preprocess one thread
     * @param inference the pipeline's workers and lanes, nothing else
     * @param postprocess one thread
     * @param whole everything
     * @param latencyP50Millis of whole frames, from leaving the decoder to the sinks
     * @param latencyP99Millis likewise
     */
    record Result(
            Speed decode,
            Speed preprocess,
            Speed inference,
            Speed postprocess,
            Speed whole,
            double latencyP50Millis,
            double latencyP99Millis) {

        /** What no pipeline of these stages can exceed. */
        double bound() {
            return Math.min(decode.fps(), inference.fps());
        }

        double share() {
            return whole.fps() / bound();
        }
    }

    StageBenchmark(Stages stages, HelmwatchConfig config, List<StreamConfig> streams, double secondsPerRound) {
        this.stages = stages;
        this.config = config;
        this.streams = streams;
        this.roundNanos = (long) (secondsPerRound * 1e9);
    }

    /** Measures. */
    Result run(int rounds) throws InterruptedException {
        List<FrameLease> frames = sampleFrames();
        try {
            for (int round = 0; round < rounds; round++) {
                decode.add(decodeAlone());
                preprocess.add(preprocessAlone(frames));
                inference.add(inferenceAlone());
                postprocess.add(postprocessAlone(frames.get(0)));
                whole.add(wholePipeline());
            }
        } finally {
            frames.forEach(FrameLease::close);
        }
        return new Result(
                medianSpeed(decode),
                medianSpeed(preprocess),
                medianSpeed(inference),
                medianSpeed(postprocess),
                medianSpeed(whole),
                median(latencyP50Millis),
                median(latencyP99Millis));
    }

    private static Speed medianSpeed(List<Speed> speeds) {
        return new Speed(
                median(speeds.stream().map(Speed::fps).toList()),
                median(speeds.stream().map(Speed::cpuMillis).toList()));
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private List<FrameLease> sampleFrames() throws InterruptedException {
        List<FrameLease> frames = new ArrayList<>();
        FrameSource source = stages.newSource().apply(streams.get(0));
        AtomicReference<String> problem = new AtomicReference<>("it has no frames");
        Thread thread = new Thread(
                () -> source.run(new Counting(new AtomicLong()) {
                    @Override
                    public void onFrame(FrameLease frame) {
                        if (frames.size() < SAMPLE_FRAMES) {
                            FrameLease lease = stages.newLease().get();
                            lease.take(frame);
                            frames.add(lease);
                        } else {
                            source.stop();
                        }
                    }

                    @Override
                    public void onStatus(StreamStatus status) {
                        if (status.state() == StreamStatus.State.FAILED) {
                            problem.set(status.reason());
                        }
                    }
                }),
                "bench-sample");
        thread.start();
        thread.join();
        if (frames.isEmpty()) {
            throw CommandFailure.failed("the clip cannot be measured: " + problem.get(), null);
        }
        return frames;
    }

    private Speed decodeAlone() throws InterruptedException {
        AtomicLong frames = new AtomicLong();
        List<FrameSource> sources = streams.stream().map(stages.newSource()).toList();
        List<Thread> threads = new ArrayList<>();
        for (FrameSource source : sources) {
            Thread thread = new Thread(() -> source.run(new Counting(frames)), "bench-decode");
            thread.start();
            threads.add(thread);
        }
        while (frames.get() < WARM_UP_FRAMES && threads.stream().anyMatch(Thread::isAlive)) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        long before = frames.get();
        StopWatch watch = new StopWatch();
        TimeUnit.NANOSECONDS.sleep(roundNanos);
        Speed speed = watch.speed(frames.get() - before);
        sources.forEach(FrameSource::stop);
        for (Thread thread : threads) {
            thread.join();
        }
        return speed;
    }

    private Speed preprocessAlone(List<FrameLease> frames) {
        Preprocessor preprocessor = stages.preprocessor();
        InferenceLane lane = stages.lanes().get(0);
        int batch = lane.maxBatch();
        int next = 0;
        long count = 0;
        StopWatch watch = new StopWatch();
        do {
            for (int i = 0; i < batch; i++) {
                preprocessor.add(frames.get(next++ % frames.size()), lane.input(), i);
            }
            preprocessor.submit(lane.input(), batch);
            count += batch;
        } while (watch.nanos() < roundNanos);
        return watch.speed(count);
    }

    private Speed inferenceAlone() throws InterruptedException {
        int workers = stages.workers();
        AtomicLong count = new AtomicLong();
        CountDownLatch ready = new CountDownLatch(workers);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            List<InferenceLane> lanes = lanesOf(worker);
            Thread thread = new Thread(
                    () -> {
                        try {
                            runOnce(lanes);
                            ready.countDown();
                            ready.await();
                            long start = System.nanoTime();
                            while (System.nanoTime() - start < roundNanos) {
                                count.addAndGet(runOnce(lanes));
                            }
                        } catch (Throwable broken) {
                            failure.set(broken);
                            ready.countDown();
                        }
                    },
                    "bench-infer");
            thread.start();
            threads.add(thread);
        }
        ready.await();
        StopWatch watch = new StopWatch();
        for (Thread thread : threads) {
            thread.join();
        }
        Throwable broken = failure.get();
        if (broken != null) {
            throw CommandFailure.failed("the network failed: " + broken.getMessage(), broken);
        }
        return watch.speed(count.get());
    }

    private List<InferenceLane> lanesOf(int worker) {
        List<InferenceLane> lanes = new ArrayList<>();
        for (int i = worker; i < stages.lanes().size(); i += stages.workers()) {
            lanes.add(stages.lanes().get(i));
        }
        return lanes;
    }

    /** All of a worker's lanes once: enqueued together where the engine enqueues. */
    private static int runOnce(List<InferenceLane> lanes) {
        int frames = 0;
        for (InferenceLane lane : lanes) {
            lane.run(lane.maxBatch());
            frames += lane.maxBatch();
        }
        lanes.forEach(InferenceLane::await);
        return frames;
    }

    private Speed postprocessAlone(FrameLease frame) {
        Postprocessor postprocessor = stages.postprocessor();
        InferenceLane lane = stages.lanes().get(0);
        Letterbox letterbox = stages.preprocessor().add(frame, lane.input(), 0);
        stages.preprocessor().submit(lane.input(), 1);
        lane.run(1);
        lane.await();
        long count = 0;
        StopWatch watch = new StopWatch();
        do {
            postprocessor.submit(lane.output(), 1);
            lane.await();
            postprocessor.detect(lane.output(), 0, letterbox);
            count++;
        } while (watch.nanos() < roundNanos / 4);
        return watch.speed(count);
    }

    private Speed wholePipeline() throws InterruptedException {
        try (HelmetPipeline pipeline = HelmetPipeline.start(
                stages,
                config.pipeline(),
                config.inference(),
                List.of(),
                List.of(),
                new SimpleMeterRegistry(),
                streams.size())) {
            streams.stream().map(stages.newSource()).forEach(pipeline::add);
            Supplier<Long> analysed = () ->
                    pipeline.feeds().stream().mapToLong(StreamFeed::analysed).sum();
            while (analysed.get() < WARM_UP_FRAMES
                    && pipeline.feeds().stream().anyMatch(feed -> !feed.isSourceEnded())) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            long before = analysed.get();
            StopWatch watch = new StopWatch();
            TimeUnit.NANOSECONDS.sleep(roundNanos);
            Speed speed = watch.speed(analysed.get() - before);
            for (ValueAtPercentile value : pipeline.metrics().latency().percentileValues()) {
                (value.percentile() == 0.5 ? latencyP50Millis : latencyP99Millis)
                        .add(value.value(TimeUnit.MILLISECONDS));
            }
            return speed;
        }
    }

    /** Elapsed time and processor time of this process since it was made. */
    private static final class StopWatch {
        private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getOperatingSystemMXBean();

        private final long startNanos = System.nanoTime();
        private final long startCpuNanos = cpuNanos();

        long nanos() {
            return System.nanoTime() - startNanos;
        }

        Speed speed(long frames) {
            double cpu = cpuNanos() - startCpuNanos;
            return new Speed(frames * 1e9 / nanos(), frames == 0 ? 0 : cpu / 1e6 / frames);
        }

        private static long cpuNanos() {
            return SYSTEM instanceof com.sun.management.OperatingSystemMXBean process ? process.getProcessCpuTime() : 0;
        }
    }

    /** Counts frames and gives them back. */
    private static class Counting implements FrameReceiver {
        private final AtomicLong frames;

        Counting(AtomicLong frames) {
            this.frames = frames;
        }

        @Override
        public void onFrame(FrameLease frame) {
            frames.incrementAndGet();
        }

        @Override
        public void onDropped(DropCause cause) {
            // Only good frames are measured.
        }

        @Override
        public void onStatus(StreamStatus status) {
            // The rate tells.
        }
    }
}
