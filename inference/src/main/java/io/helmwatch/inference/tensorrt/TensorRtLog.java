package io.helmwatch.inference.tensorrt;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.bytedeco.tensorrt.nvinfer.ILogger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What TensorRT says: errors and warnings to the log, verbose lines to whoever follows a build.
 *
 * <p>TensorRT keeps one logger for the process, the first that it was given, and uses it for whatever is made while anything lives that was made
 * with it, on any device. So none is ever freed, and all of them tell the same: errors are kept for all together, verbose lines go to the build
 * begun last.
 *
 * <p>Threading: called by TensorRT's threads. Ownership: lives until the process ends.
 */
final class TensorRtLog extends ILogger {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtLog.class);
    private static final int KEPT_ERRORS = 4;
    private static final int INTERNAL_ERROR = 0;
    private static final int ERROR = 1;
    private static final int WARNING = 2;
    private static final int VERBOSE = 4;

    private static final Queue<TensorRtLog> KEPT = new ConcurrentLinkedQueue<>();
    private static final Deque<String> ERRORS = new ArrayDeque<>();
    private static volatile Consumer<String> follower = line -> {};

    @SuppressWarnings("this-escape") // kept only so that it is not freed
    TensorRtLog() {
        KEPT.add(this);
    }

    TensorRtLog(Consumer<String> verbose) {
        this();
        follower = verbose;
    }

    @Override
    public void log(ILogger.Severity severity, String message) {
        switch (severity.value) {
            case INTERNAL_ERROR, ERROR -> {
                LOG.warn("TensorRT: {}", message);
                remember(message);
            }
            case WARNING -> LOG.debug("TensorRT: {}", message);
            case VERBOSE -> follower.accept(message);
            default -> LOG.debug("TensorRT: {}", message);
        }
    }

    private static void remember(String message) {
        synchronized (ERRORS) {
            if (ERRORS.size() == KEPT_ERRORS) {
                ERRORS.removeFirst();
            }
            ERRORS.addLast(message);
        }
    }

    /** The last errors in one line, for an exception's message; forgets them. */
    String takeErrors() {
        synchronized (ERRORS) {
            String text = String.join("; ", ERRORS).replaceAll("\\s+", " ").strip();
            ERRORS.clear();
            return text.isEmpty() ? "it gave no reason" : text;
        }
    }
}
