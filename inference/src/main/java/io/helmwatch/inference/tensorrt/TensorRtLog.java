package io.helmwatch.inference.tensorrt;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.bytedeco.tensorrt.nvinfer.ILogger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What TensorRT says: errors and warnings to the log, verbose lines to whoever follows a build.
 *
 * <p>Threading: called by TensorRT's threads. Ownership: must live as long as what was made with it.
 */
final class TensorRtLog extends ILogger {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtLog.class);
    private static final int KEPT_ERRORS = 4;
    private static final int INTERNAL_ERROR = 0;
    private static final int ERROR = 1;
    private static final int WARNING = 2;
    private static final int VERBOSE = 4;

    private final Deque<String> errors = new ArrayDeque<>();
    private final Consumer<String> verbose;

    TensorRtLog() {
        this(line -> {});
    }

    TensorRtLog(Consumer<String> verbose) {
        this.verbose = verbose;
    }

    @Override
    public void log(ILogger.Severity severity, String message) {
        switch (severity.value) {
            case INTERNAL_ERROR, ERROR -> {
                LOG.warn("TensorRT: {}", message);
                remember(message);
            }
            case WARNING -> LOG.debug("TensorRT: {}", message);
            case VERBOSE -> verbose.accept(message);
            default -> LOG.debug("TensorRT: {}", message);
        }
    }

    private synchronized void remember(String message) {
        if (errors.size() == KEPT_ERRORS) {
            errors.removeFirst();
        }
        errors.addLast(message);
    }

    /** The last errors in one line, for an exception's message; forgets them. */
    synchronized String takeErrors() {
        String text = String.join("; ", errors).replaceAll("\\s+", " ").strip();
        errors.clear();
        return text.isEmpty() ? "it gave no reason" : text;
    }
}
