package io.helmwatch.pipeline.bench;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.vision.FrameLease;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * Measures each stage alone and the whole pipeline, alternating over several rounds, so that other load on the machine affects all of them.
 * Stages run on batches of the maximum size.
 *
 * <p>Threading: one thread, which starts others and waits for them. Ownership: the stages are the caller's.
 */
public final class StageBenchmark {
    private final OpenedBackend backend;
    private final FatalErrorHandler fatalErrors;
    private final HelmwatchConfig config;
    private final List<StreamConfig> streams;
    private final long roundNanos;

    /**
     * Throughput and cost.
     *
     * @param fps frames per second
     * @param cpuMillis processor time of the whole process per frame, which depends little on other load
     */
    record Speed(double fps, double cpuMillis) {
        static Speed of(long frames, ResourceMeter.Usage usage) {
            return new Speed(frames / usage.seconds(), frames == 0 ? 0 : usage.cpuSeconds() * 1e3 / frames);
        }
    }

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
        List<List<DecodeRuns.Decoding>> decode = new ArrayList<>();
        List<List<MeasuredPipeline.Measurement>> whole = new ArrayList<>();
        counts.forEach(count -> {
            decode.add(new ArrayList<>());
            whole.add(new ArrayList<>());
        });
        DecodeRuns decoders = new DecodeRuns(backend, roundNanos);
        List<FrameLease> frames = decoders.sampleFrames(streams.get(0));
        StageRuns stages = new StageRuns(backend, frames, roundNanos);
        try {
            for (int round = 0; round < rounds; round++) {
                preprocess.add(stages.preprocess());
                inference.add(stages.inference());
                postprocess.add(stages.postprocess());
                for (int i = 0; i < counts.size(); i++) {
                    List<StreamConfig> selected = streams.subList(0, counts.get(i));
                    decode.get(i).add(decoders.decode(selected));
                    try (MeasuredPipeline pipeline =
                            MeasuredPipeline.start(backend, config, selected, 0, fatalErrors)) {
                        whole.get(i).add(pipeline.measure(roundNanos, false));
                    }
                }
            }
        } finally {
            stages.awaitAll();
            frames.forEach(FrameLease::close);
        }
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < counts.size(); i++) {
            runs.add(summary(counts.get(i), decode.get(i), whole.get(i)));
        }
        return new Result(medianSpeed(preprocess), medianSpeed(inference), medianSpeed(postprocess), runs);
    }

    private static Run summary(
            int streams, List<DecodeRuns.Decoding> decode, List<MeasuredPipeline.Measurement> whole) {
        Map<String, Double> bytes = new TreeMap<>();
        for (String role : whole.get(0).bytesPerFrame().keySet()) {
            bytes.put(role, median(whole, run -> run.bytesPerFrame().getOrDefault(role, 0.0)));
        }
        return new Run(
                streams,
                medianSpeed(decode.stream().map(DecodeRuns.Decoding::speed).toList()),
                median(decode, DecodeRuns.Decoding::decoderPercent),
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
}
