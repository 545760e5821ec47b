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
 * Receives TensorRT's log: errors and warnings go to our log, verbose lines to the progress of a build.
 *
 * <p>TensorRT uses one logger for the process, the first that it was given, for all objects on any device as long as one of them exists. So no
 * logger is ever freed, and all share their state: errors are remembered for all together, verbose lines go to the build started last.
 *
 * <p>Threading: called by TensorRT's threads. Ownership: never freed.
 */
final class TensorRtLog extends ILogger {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtLog.class);
    private static final int MAX_ERRORS = 4;
    private static final int INTERNAL_ERROR = 0;
    private static final int ERROR = 1;
    private static final int WARNING = 2;
    private static final int VERBOSE = 4;

    private static final Queue<TensorRtLog> LOGGERS = new ConcurrentLinkedQueue<>();
    private static final Deque<String> ERRORS = new ArrayDeque<>();
    private static volatile Consumer<String> verboseListener = line -> {};

    @SuppressWarnings("this-escape") // referenced only so that it is not freed
    TensorRtLog() {
        LOGGERS.add(this);
    }

    TensorRtLog(Consumer<String> verbose) {
        this();
        verboseListener = verbose;
    }

    @Override
    public void log(ILogger.Severity severity, String message) {
        switch (severity.value) {
            case INTERNAL_ERROR, ERROR -> {
                LOG.warn("TensorRT: {}", message);
                remember(message);
            }
            case WARNING -> LOG.debug("TensorRT: {}", message);
            case VERBOSE -> verboseListener.accept(message);
            default -> LOG.debug("TensorRT: {}", message);
        }
    }

    private static void remember(String message) {
        synchronized (ERRORS) {
            if (ERRORS.size() == MAX_ERRORS) {
                ERRORS.removeFirst();
            }
            ERRORS.addLast(message);
        }
    }

    /** Removes and returns the last errors in one line, for an exception's message. */
    String takeErrors() {
        synchronized (ERRORS) {
            String text = String.join("; ", ERRORS).replaceAll("\\s+", " ").strip();
            ERRORS.clear();
            return text.isEmpty() ? "it gave no reason" : text;
        }
    }
}
