package io.helmwatch.pipeline.ring;

import io.helmwatch.cuda.CudaException;
import io.helmwatch.pipeline.cli.Main;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the failures of stages; logs each kind once with its stack trace, so that a stage that fails on every frame does not
 * fill the log. The totals are in the metrics and in the summary line.
 *
 * <p>A CUDA error that stays ends the process with exit code 1 and one sentence: nothing on that GPU works until a new process starts, and
 * closing its owners may hang. What has to survive is on disk or with Kafka by then.
 *
 * <p>Threading: any thread.
 */
public final class FailureLog {
    private static final Logger LOG = LoggerFactory.getLogger(FailureLog.class);
    private static final int KINDS_REMEMBERED = 100;

    private final Map<Stage, AtomicLong> counts = new EnumMap<>(Stage.class);
    private final Set<String> known = new HashSet<>();

    private final Consumer<CudaException> deviceLost;

    FailureLog() {
        this(FailureLog::endProcess);
    }

    /** As usual, with something else to do when the GPU is lost. */
    FailureLog(Consumer<CudaException> deviceLost) {
        this.deviceLost = deviceLost;
        for (Stage stage : Stage.values()) {
            counts.put(stage, new AtomicLong());
        }
    }

    /** Counts a failure. */
    void record(Stage stage, Throwable failure) {
        counter(stage).incrementAndGet();
        StackTraceElement[] trace = failure.getStackTrace();
        String kind = stage + " " + failure.getClass().getName() + " " + (trace.length == 0 ? "" : trace[0]);
        if (isNew(kind)) {
            LOG.error(
                    "{} failed on a frame, which is given up; later failures of this kind are only counted",
                    stage.tag(),
                    failure);
        }
        if (failure instanceof CudaException cuda && cuda.isSticky()) {
            deviceLost.accept(cuda);
        }
    }

    private static void endProcess(CudaException error) {
        Main.say(String.valueOf(error.getMessage()));
        Runtime.getRuntime().halt(1);
    }

    /** Failures of a stage so far. */
    public long count(Stage stage) {
        return counter(stage).get();
    }

    /** Failures of all stages so far. */
    public long count() {
        return counts.values().stream().mapToLong(AtomicLong::get).sum();
    }

    private AtomicLong counter(Stage stage) {
        AtomicLong counter = counts.get(stage);
        if (counter == null) {
            throw new IllegalArgumentException("unknown stage " + stage);
        }
        return counter;
    }

    private synchronized boolean isNew(String kind) {
        return known.size() < KINDS_REMEMBERED && known.add(kind);
    }
}
