package io.helmwatch.pipeline.ring.failure;

import io.helmwatch.cuda.CudaException;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the failures of stages; logs the first of each kind with its stack trace, so that a stage that fails on every frame does not
 * fill the log. A CUDA error that persists is passed to the {@link FatalErrorHandler}.
 *
 * <p>Threading: any thread.
 */
public final class FailureLog {
    private static final Logger LOG = LoggerFactory.getLogger(FailureLog.class);
    private static final int MAX_KINDS = 100;

    private final Map<Stage, AtomicLong> counts = new EnumMap<>(Stage.class);
    private final Set<String> logged = new HashSet<>();
    private final FatalErrorHandler fatalErrors;

    /** A log without failures, which passes those that end the process to a handler. */
    public FailureLog(FatalErrorHandler fatalErrors) {
        this.fatalErrors = fatalErrors;
        for (Stage stage : Stage.values()) {
            counts.put(stage, new AtomicLong());
        }
    }

    /** Counts a failure. */
    public void record(Stage stage, Throwable failure) {
        counter(stage).incrementAndGet();
        StackTraceElement[] trace = failure.getStackTrace();
        String kind = stage + " " + failure.getClass().getName() + " " + (trace.length == 0 ? "" : trace[0]);
        if (isNew(kind)) {
            LOG.error(
                    "Stage {} failed, frame dropped; further failures of this kind are only counted",
                    stage.tag(),
                    failure);
        }
        if (failure instanceof CudaException cuda && cuda.isSticky()) {
            fatalErrors.onFatalError(cuda);
        }
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
        return logged.size() < MAX_KINDS && logged.add(kind);
    }
}
