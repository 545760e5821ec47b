package io.helmwatch.pipeline.bench;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Searches the number of real-time streams that the pipeline sustains: no dropped frame and p99 latency below the limit. Doubles the number,
 * or adds a quarter to a large one, until it is not sustained, then bisects.
 *
 * <p>Threading: one thread. Ownership: the stages are the caller's.
 */
public final class LiveBenchmark {
    /** Limit of the p99 latency, from the decoder to the sinks. */
    static final double LIMIT_MILLIS = 100;

    /** Smallest accepted share of the clips' frame rates, even if nothing is dropped. */
    private static final double SMALLEST_RATE = 0.99;

    /** Longest pause between two starts; spreads frames evenly over an interval of 1/30 s for any number of streams. */
    private static final long STAGGER_NANOS = 5_150_000;

    /** Rate below which an interval is long enough for all starts: they are spread over one. */
    private static final double SLOW_FPS = 5;

    /** Number of streams from which on steps are smaller: far too many take long to start and to stop. */
    private static final int MANY = 64;

    private final OpenedBackend backend;
    private final FatalErrorHandler fatalErrors;
    private final HelmwatchConfig config;
    private final IntFunction<StreamConfig> stream;
    private final double streamFps;
    private final long settleNanos;
    private final long stepNanos;

    /**
     * Result for one number of streams.
     *
     * @param streams number of streams
     * @param holds whether it is sustained
     * @param measured the measurement, up to the first dropped frame
     */
    public record Step(int streams, boolean holds, MeasuredPipeline.Measurement measured) {}

    /**
     * Creates the benchmark.
     *
     * @param stream creates the n-th stream, which must be paced and endless
     * @param streamFps frames of one stream that are to be analysed per second
     * @param settleSeconds pause before a measurement, in which streams find their place
     * @param secondsPerStep duration of a measurement
     * @param fatalErrors handles the loss of the device
     */
    public LiveBenchmark(
            OpenedBackend backend,
            HelmwatchConfig config,
            IntFunction<StreamConfig> stream,
            double streamFps,
            double settleSeconds,
            double secondsPerStep,
            FatalErrorHandler fatalErrors) {
        this.fatalErrors = fatalErrors;
        this.backend = backend;
        this.config = config;
        this.stream = stream;
        this.streamFps = streamFps;
        this.settleNanos = (long) (settleSeconds * 1e9);
        this.stepNanos = (long) (secondsPerStep * 1e9);
    }

    /**
     * Searches; returns the steps in order.
     *
     * @param first number of streams of the first step
     * @param most largest number
     * @param each receives every step when it is done
     */
    public List<Step> search(int first, int most, Consumer<Step> each) throws InterruptedException {
        return search(first, most, this::tryOut, each);
    }

    /**
     * Measures given numbers of streams, whether those before are sustained or not; returns the steps in order.
     *
     * @param counts numbers of streams
     * @param each receives every step when it is done
     */
    public List<Step> measure(List<Integer> counts, Consumer<Step> each) throws InterruptedException {
        return measure(counts, this::tryOut, each);
    }

    /** Measures one number of streams. */
    interface Trial {
        Step of(int streams) throws InterruptedException;
    }

    static List<Step> measure(List<Integer> counts, Trial trial, Consumer<Step> each) throws InterruptedException {
        List<Step> steps = new ArrayList<>();
        for (int count : counts) {
            Step step = trial.of(count);
            steps.add(step);
            each.accept(step);
        }
        return steps;
    }

    static List<Step> search(int first, int most, Trial trial, Consumer<Step> each) throws InterruptedException {
        List<Step> steps = new ArrayList<>();
        int holds = 0;
        int fails = most + 1;
        int next = Math.min(first, most);
        while (true) {
            Step step = trial.of(next);
            steps.add(step);
            each.accept(step);
            if (step.holds()) {
                holds = next;
            } else {
                fails = next;
            }
            if (fails - holds <= Math.max(1, holds / 16)) {
                return steps;
            }
            if (fails > most) {
                next = Math.min(most, holds < MANY ? 2 * holds : holds * 5 / 4);
            } else {
                next = holds == 0 ? Math.max(1, fails / 2) : (holds + fails) / 2;
            }
        }
    }

    /** The largest number of streams that is sustained; 0 when none is. */
    public static int held(List<Step> steps) {
        return steps.stream().filter(Step::holds).mapToInt(Step::streams).max().orElse(0);
    }

    private Step tryOut(int count) throws InterruptedException {
        List<StreamConfig> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            streams.add(stream.apply(i));
        }
        try (MeasuredPipeline pipeline =
                MeasuredPipeline.start(backend, config, streams, stagger(count), fatalErrors)) {
            TimeUnit.NANOSECONDS.sleep(settleNanos);
            MeasuredPipeline.Measurement measured = pipeline.measure(stepNanos, true);
            boolean holds = pipeline.isComplete()
                    && measured.dropped() == 0
                    && measured.latency().p99() < LIMIT_MILLIS
                    && measured.fps() >= SMALLEST_RATE * count * streamFps;
            return new Step(count, holds, measured);
        }
    }

    private long stagger(int count) {
        return streamFps < SLOW_FPS ? (long) (1e9 / streamFps / count) : STAGGER_NANOS;
    }
}
