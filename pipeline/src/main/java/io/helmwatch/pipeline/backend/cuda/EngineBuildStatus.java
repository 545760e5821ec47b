package io.helmwatch.pipeline.backend.cuda;

import io.helmwatch.inference.tensorrt.EngineProgress;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the build of an engine is: one line of the log now and then, and a sentence for readiness.
 *
 * <p>Threading: any thread.
 */
public final class EngineBuildStatus implements EngineProgress {
    private static final Logger LOG = LoggerFactory.getLogger(EngineBuildStatus.class);
    private static final long LINE_SECONDS = 15;
    private static final String DONE = "built";

    private final AtomicLong reported = new AtomicLong();
    private volatile String state = "";

    @Override
    public void at(String step, int layersTimed, long seconds) {
        state = step.equals(DONE)
                ? ""
                : "a TensorRT engine is being built, for " + seconds + " s so far, " + layersTimed
                        + " layers done; this is done once for this model and GPU";
        long last = reported.get();
        if (seconds < last) {
            // Another build has started.
            reported.set(0);
        } else if (seconds - last >= LINE_SECONDS && reported.compareAndSet(last, seconds)) {
            LOG.info("Building the TensorRT engine: seconds={} layers={} step={}", seconds, layersTimed, step);
        }
    }

    /** What is being done; empty when no engine is being built. */
    String describe() {
        return state;
    }
}
