package io.helmwatch.pipeline.bench;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.FatalErrorHandler;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.Letterbox;
import io.helmwatch.vision.StreamStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;

/**
 * Measures each stage alone and the whole pipeline, alternating over several rounds, so that other load on the machine affects all of them.
 * Stages run on batches of the maximum size.
 *
 * <p>Threading: one thread, which starts others and waits for them. Ownership: the stages are the caller's.
 */
public final class StageBenchmark {
    private static final int SAMPLE_FRAMES = 16;
    /** Frames of every stream before decoding is measured. */
    private static final int WARM_UP_FRAMES = 8;

    private static final long MAX_START_NANOS = 60_000_000_000L;

    private final OpenedBackend backend;
    private final FatalErrorHandler fatalErrors;
    private final HelmwatchConfig config;
    private final List<StreamConfig> streams;
    private final long roundNanos;
    private volatile boolean inferenceEnded;

    /**
     * Throughput and cost.
     *
     * @param fps frames per second
     * @param cpuMillis processor time of the whole process per frame, which depends little on other load
     */
    record Speed(double fps, double cpuMillis) {}

    /**
     * Each stage alone and the whole, as medians over the rounds.
     *
     * @param preprocess one thread
     * @param inference the workers and lanes of the pipeline
     * @param postprocess one thread
     * @param runs one for each number of streams
     */
    public record Result(Speed preprocess, Speed inference, Speed postprocess, List<Run> runs) {

        /** Upper bound of the throughput of a pipeline of these stages. */
        double bound(Run run) {
            return Math.min(run.decode().fps(), inference.fps());
        }

        double share(Run run) {
            return run.whole().fps() / bound(run);
        }
    }

    /**
     * Results for one number of streams, as medians over the rounds.
     *
     * @param streams number of streams
     * @param decode decoding alone, all streams at once, one thread each, frames released at once
     * @param decodeDecoderPercent utilisation of the GPU's video decoders meanwhile; NaN where unknown
     * @param whole the pipeline
     * @param p50Millis latency from the decoder to the sinks, median
     * @param p99Millis the same, 99th percentile
     * @param cpuCores processor time per second of the pipeline
     * @param gpuPercent utilisation of the GPU by the pipeline; NaN where unknown
     * @param decoderPercent utilisation of its video decoders; NaN where unknown
     * @param detectionsPerFrame mean number of boxes
     * @param bytesPerFrame heap allocated per frame, by thread role
     * @param collections number of garbage collections in all rounds
     * @param collectionMillis their total pause
     * @param rounds frames per second of the pipeline in each round
     */
    record Run(
            int streams,
            Speed decode,
            double decodeDecoderPercent,
            Speed whole,
            double p50Millis,
            double p99Millis,
            double cpuCores,
            double gpuPercent,
            double decoderPercent,
            double detectionsPerFrame,
            Map<String, Double> bytesPerFrame,
            long collections,
            long collectionMillis,
            List<Double> rounds) {}

    /** Decoding alone, and the utilisation of the decoders. */
    private record Decoding(Speed speed, double decoderPercent) {}

    /**
     * Creates the benchmark.
     *
     * @param secondsPerRound duration of each measurement
     * @param fatalErrors handles the loss of the device
     */
    public StageBenchmark(
            OpenedBackend backend,
            HelmwatchConfig config,
            List<StreamConfig> streams,
            double secondsPerRound,
            FatalErrorHandler fatalErrors) {
        this.fatalErrors = fatalErrors;
        this.backend = backend;
        this.config = config;
        this.streams = streams;
        this.roundNanos = (long) (secondsPerRound * 1e9);
    }

    /**
     * Measures.
     *
     * @param counts numbers of streams, each at most as many as there are
     */
    public Result run(List<Integer> counts, int rounds) throws InterruptedException {
        List<Speed> preprocess = new ArrayList<>();
        List<Speed> inference = new ArrayList<>();
        List<Speed> postprocess = new ArrayList<>();
        List<List<Decoding>> decode = new ArrayList<>();
        List<List<MeasuredPipeline.Measurement>> whole = new ArrayList<>();
        counts.forEach(count -> {
            decode.add(new ArrayList<>());
            whole.add(new ArrayList<>());
        });
        List<FrameLease> frames = sampleFrames();
        try {
            for (int round = 0; round < rounds; round++) {
                preprocess.add(preprocessAlone(frames));
                inference.add(inferenceAlone(frames));
                postprocess.add(postprocessAlone(frames));
                for (int i = 0; i < counts.size(); i++) {
                    List<StreamConfig> some = streams.subList(0, counts.get(i));
                    decode.get(i).add(decodeAlone(some));
                    try (MeasuredPipeline pipeline = MeasuredPipeline.start(backend, config, some, 0, fatalErrors)) {
                        whole.get(i).add(pipeline.measure(roundNanos, false));
                    }
                }
            }
        } finally {
            awaitAll();
            frames.forEach(FrameLease::close);
        }
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < counts.size(); i++) {
            runs.add(summary(counts.get(i), decode.get(i), whole.get(i)));
        }
        return new Result(medianSpeed(preprocess), medianSpeed(inference), medianSpeed(postprocess), runs);
    }

    private static Run summary(int streams, List<Decoding> decode, List<MeasuredPipeline.Measurement> whole) {
        Map<String, Double> bytes = new TreeMap<>();
        for (String role : whole.get(0).bytesPerFrame().keySet()) {
            bytes.put(role, median(whole, run -> run.bytesPerFrame().getOrDefault(role, 0.0)));
        }
        return new Run(
                streams,
                medianSpeed(decode.stream().map(Decoding::speed).toList()),
                median(decode, Decoding::decoderPercent),
                medianSpeed(
                        whole.stream().map(MeasuredPipeline.Measurement::speed).toList()),
                median(whole, run -> run.latency().p50()),
                median(whole, run -> run.latency().p99()),
                median(whole, run -> run.usage().cpuCores()),
                median(whole, run -> run.usage().gpuPercent()),
                median(whole, run -> run.usage().decoderPercent()),
                median(whole, MeasuredPipeline.Measurement::detectionsPerFrame),
                bytes,
                whole.stream().mapToLong(run -> run.usage().collections()).sum(),
                whole.stream().mapToLong(run -> run.usage().collectionMillis()).sum(),
                whole.stream().map(MeasuredPipeline.Measurement::fps).toList());
    }

    private static Speed medianSpeed(List<Speed> speeds) {
        return new Speed(median(speeds, Speed::fps), median(speeds, Speed::cpuMillis));
    }

    private static <T> double median(List<T> items, ToDoubleFunction<T> value) {
        double[] sorted = items.stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private List<FrameLease> sampleFrames() throws InterruptedException {
        List<FrameLease> frames = new ArrayList<>();
        FrameSource source = backend.newSource(streams.get(0));
        AtomicReference<String> problem = new AtomicReference<>("it has no frames");
        Thread thread = new Thread(
                () -> source.run(new Counting(new AtomicLong()) {
                    @Override
                    public void onFrame(FrameLease frame) {
                        if (frames.size() < SAMPLE_FRAMES) {
                            FrameLease lease = backend.newLease();
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
        Joining.join(List.of(thread));
        if (frames.isEmpty()) {
            throw new IllegalStateException("the clip cannot be measured: " + problem.get());
        }
        return frames;
    }

    private Decoding decodeAlone(List<StreamConfig> some) throws InterruptedException {
        List<FrameSource> sources = some.stream().map(backend::newSource).toList();
        List<AtomicLong> counts = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (FrameSource source : sources) {
            AtomicLong count = new AtomicLong();
            Thread thread = new Thread(() -> source.run(new Counting(count)), "bench-decode");
            counts.add(count);
            threads.add(thread);
            thread.start();
        }
        try {
            return decoding(counts, threads);
        } finally {
            sources.forEach(FrameSource::stop);
            Joining.join(threads);
        }
    }

    private Decoding decoding(List<AtomicLong> counts, List<Thread> threads) throws InterruptedException {
        long deadline = System.nanoTime() + MAX_START_NANOS;
        while (counts.stream().anyMatch(count -> count.get() < WARM_UP_FRAMES)
                && threads.stream().anyMatch(Thread::isAlive)
                && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        long before = sum(counts);
        try (ResourceMeter meter = ResourceMeter.start(backend)) {
            TimeUnit.NANOSECONDS.sleep(roundNanos);
            long frames = sum(counts) - before;
            ResourceMeter.Usage usage = meter.stop();
            return new Decoding(speed(frames, usage), usage.decoderPercent());
        }
    }

    private static long sum(List<AtomicLong> counts) {
        return counts.stream().mapToLong(AtomicLong::get).sum();
    }

    private Speed preprocessAlone(List<FrameLease> frames) throws InterruptedException {
        long count = 0;
        int next = 0;
        ResourceMeter meter = ResourceMeter.start();
        long end = System.nanoTime() + roundNanos;
        do {
            InferenceLane lane = backend.stages()
                    .lanes()
                    .get(next++ % backend.stages().lanes().size());
            // The last batch must be done before its descriptors are written again.
            lane.await();
            count += fill(lane, frames);
        } while (System.nanoTime() < end && !Thread.currentThread().isInterrupted());
        awaitAll();
        return speed(count, meter.stop());
    }

    private int fill(InferenceLane lane, List<FrameLease> frames) {
        Preprocessor preprocessor = backend.stages().preprocessor();
        int batch = lane.maxBatch();
        FrameLease first = frames.get(0);
        lane.resize(backend.stages().engine().model().sizing().sizeFor(first.width(), first.height()));
        for (int i = 0; i < batch; i++) {
            preprocessor.add(frames.get(i % frames.size()), lane.input(), i);
        }
        preprocessor.submit(lane.input(), batch);
        return batch;
    }

    private void awaitAll() {
        backend.stages().lanes().forEach(InferenceLane::await);
    }

    private Speed inferenceAlone(List<FrameLease> frames) throws InterruptedException {
        for (InferenceLane lane : backend.stages().lanes()) {
            fill(lane, frames);
        }
        awaitAll();
        inferenceEnded = false;
        int workers = backend.stages().workers();
        AtomicLong count = new AtomicLong();
        CountDownLatch ready = new CountDownLatch(workers);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            List<InferenceLane> lanes = lanesOf(worker);
            Thread thread = new Thread(
                    () -> {
                        try {
                            lanes.forEach(lane -> lane.run(lane.maxBatch()));
                            lanes.forEach(InferenceLane::await);
                            ready.countDown();
                            ready.await();
                            count.addAndGet(runInTurn(lanes));
                        } catch (Throwable broken) {
                            failure.set(broken);
                            ready.countDown();
                        }
                    },
                    "bench-infer");
            thread.start();
            threads.add(thread);
        }
        ResourceMeter.Usage usage;
        try {
            ready.await();
            ResourceMeter meter = ResourceMeter.start();
            TimeUnit.NANOSECONDS.sleep(roundNanos);
            inferenceEnded = true;
            Joining.join(threads);
            usage = meter.stop();
        } finally {
            inferenceEnded = true;
            Joining.join(threads);
        }
        Throwable broken = failure.get();
        if (broken != null) {
            throw new IllegalStateException("inference failed: " + broken.getMessage(), broken);
        }
        return speed(count.get(), usage);
    }

    private List<InferenceLane> lanesOf(int worker) {
        List<InferenceLane> lanes = new ArrayList<>();
        for (int i = worker;
                i < backend.stages().lanes().size();
                i += backend.stages().workers()) {
            lanes.add(backend.stages().lanes().get(i));
        }
        return lanes;
    }

    /** As in the pipeline: a lane is enqueued again once its last batch is done, while other lanes run. */
    private long runInTurn(List<InferenceLane> lanes) {
        long frames = 0;
        int next = 0;
        while (!inferenceEnded) {
            InferenceLane lane = lanes.get(next++ % lanes.size());
            lane.await();
            lane.run(lane.maxBatch());
            frames += lane.maxBatch();
        }
        lanes.forEach(InferenceLane::await);
        return frames;
    }

    private Speed postprocessAlone(List<FrameLease> frames) throws InterruptedException {
        Postprocessor postprocessor = backend.stages().postprocessor();
        InferenceLane lane = backend.stages().lanes().get(0);
        int batch = lane.maxBatch();
        Letterbox letterbox = backend.stages().preprocessor().add(frames.get(0), lane.input(), 0);
        for (int i = 1; i < batch; i++) {
            backend.stages().preprocessor().add(frames.get(i % frames.size()), lane.input(), i);
        }
        backend.stages().preprocessor().submit(lane.input(), batch);
        lane.run(batch);
        lane.await();
        long count = 0;
        ResourceMeter meter = ResourceMeter.start();
        long end = System.nanoTime() + roundNanos / 4;
        do {
            postprocessor.submit(lane.output(), batch);
            lane.await();
            for (int i = 0; i < batch; i++) {
                postprocessor.detect(lane.output(), i, letterbox);
            }
            count += batch;
        } while (System.nanoTime() < end && !Thread.currentThread().isInterrupted());
        return speed(count, meter.stop());
    }

    private static Speed speed(long frames, ResourceMeter.Usage usage) {
        return new Speed(frames / usage.seconds(), frames == 0 ? 0 : usage.cpuSeconds() * 1e3 / frames);
    }

    /** Counts frames and releases them. */
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
            // Only intact frames are measured.
        }

        @Override
        public void onStatus(StreamStatus status) {
            // The frame rate shows it.
        }
    }
}
