package io.helmwatch.pipeline.bench;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Finds how many streams that keep their own pace, as cameras do, the pipeline holds: every frame analysed, 99 of 100 within the limit. Doubles
 * the number, or adds a quarter to a large one, until it does not hold, then halves the gap.
 *
 * <p>Threading: one thread. Ownership: the stages are the caller's.
 */
public final class LiveBenchmark {
    /** From the decoder to the sinks. */
    static final double LIMIT_MILLIS = 100;

    /** A stream that lags behind its clip's rate by more than this is not held, even if nothing is dropped. */
    private static final double SMALLEST_RATE = 0.99;

    /** Spreads the streams' frames over an interval of 1/30 s, and keeps doing so for any number of streams. */
    private static final long STAGGER_NANOS = 5_150_000;

    /** From here on smaller steps: a number far too large takes long to start and to stop. */
    private static final int MANY = 64;

    private static final long SETTLE_NANOS = 1_000_000_000;

    private final OpenedBackend backend;
    private final HelmwatchConfig config;
    private final IntFunction<StreamConfig> stream;
    private final double streamFps;
    private final long stepNanos;

    /**
     * One number of streams.
     *
     * @param streams how many
     * @param holds whether all went well
     * @param measured what was seen, up to the first drop
     */
    public record Step(int streams, boolean holds, MeasuredPipeline.Measurement measured) {}

    /**
     * @param stream makes the n-th stream, which must keep its own pace and not end
     * @param streamFps frames per second of one stream
     * @param secondsPerStep how long a number of streams is watched
     */
    public LiveBenchmark(
            OpenedBackend backend,
            HelmwatchConfig config,
            IntFunction<StreamConfig> stream,
            double streamFps,
            double secondsPerStep) {
        this.backend = backend;
        this.config = config;
        this.stream = stream;
        this.streamFps = streamFps;
        this.stepNanos = (long) (secondsPerStep * 1e9);
    }

    /**
     * All steps in their order.
     *
     * @param first number to begin with
     * @param most largest number to try
     * @param each is told every step
     */
    public List<Step> search(int first, int most, Consumer<Step> each) throws InterruptedException {
        return search(first, most, this::tryOut, each);
    }

    /** Tries out one number of streams. */
    interface Trial {
        Step of(int streams) throws InterruptedException;
    }

    public static List<Step> search(int first, int most, Trial trial, Consumer<Step> each) throws InterruptedException {
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

    /** The largest number of streams that held; 0 when none did. */
    public static int held(List<Step> steps) {
        return steps.stream().filter(Step::holds).mapToInt(Step::streams).max().orElse(0);
    }

    private Step tryOut(int count) throws InterruptedException {
        List<StreamConfig> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            streams.add(stream.apply(i));
        }
        try (MeasuredPipeline pipeline = MeasuredPipeline.start(backend, config, streams, STAGGER_NANOS)) {
            TimeUnit.NANOSECONDS.sleep(SETTLE_NANOS);
            MeasuredPipeline.Measurement measured = pipeline.measure(stepNanos, true);
            boolean holds = pipeline.isComplete()
                    && measured.dropped() == 0
                    && measured.latency().p99() < LIMIT_MILLIS
                    && measured.fps() >= SMALLEST_RATE * count * streamFps;
            return new Step(count, holds, measured);
        }
    }
}
