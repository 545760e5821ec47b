package io.helmwatch.pipeline.ring.failure;

import org.slf4j.LoggerFactory;

/**
 * Handles an error after which the process cannot continue, e.g. a CUDA context that is lost: nothing on that GPU works until a new
 * process starts, and closing its owners may block. Called at most once per failing frame, from the thread of a stage.
 */
@FunctionalInterface
public interface FatalErrorHandler {
    /** Logs the error and continues. */
    FatalErrorHandler LOG = error -> LoggerFactory.getLogger(FatalErrorHandler.class)
            .error("Device lost: {}; restart the process", error.getMessage());

    /** Handles the error; normally does not return. */
    void onFatalError(Throwable error);
}
