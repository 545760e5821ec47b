package io.helmwatch.inference.tensorrt;

import io.helmwatch.resource.ThreadStop;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * Derives the progress of a build from TensorRT's verbose log. Long phases log nothing, so the last known step is reported again
 * once a second.
 *
 * <p>Threading: {@link #onLogLine} by TensorRT's threads, the rest by the building thread; {@link EngineProgress} is called by all
 * of them and by a thread of this object. Ownership: closing stops that thread; a second call does nothing.
 */
final class BuildProgress implements AutoCloseable {

    private static final String LAYER = "=============== Computing costs for ";
    private static final Pattern DETAIL =
            Pattern.compile("Tactic|Skipping |Fastest Tactic|\\*{5}|-{5}|Adding reformat|>{5}");
    private static final int MAX_STEP = 120;

    private final EngineProgress progress;
    private final long periodMillis;
    private final AtomicInteger layersTimed = new AtomicInteger();
    private final long start = System.nanoTime();
    private final Thread reporter = new Thread(this::reportPeriodically, "engine-build-progress");
    private volatile String step = "loading TensorRT's builder";
    private volatile boolean closed;

    BuildProgress(EngineProgress progress) {
        this(progress, 1000);
    }

    BuildProgress(EngineProgress progress, long periodMillis) {
        this.progress = progress;
        this.periodMillis = periodMillis;
        reporter.setDaemon(true);
    }

    void start() {
        report();
        reporter.start();
    }

    /** Processes a verbose line of TensorRT's log. */
    void onLogLine(String line) {
        if (line.startsWith(LAYER)) {
            layersTimed.incrementAndGet();
            step = "timing " + shortened(line.substring(LAYER.length()));
            report();
        } else if (!DETAIL.matcher(line).lookingAt() && !line.isBlank()) {
            step = shortened(line);
        }
    }

    private static String shortened(String text) {
        String line = text.strip().lines().findFirst().orElse("");
        return line.length() <= MAX_STEP ? line : line.substring(0, MAX_STEP) + "…";
    }

    private void report() {
        progress.at(step, layersTimed.get(), TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    private void reportPeriodically() {
        while (!closed) {
            try {
                TimeUnit.MILLISECONDS.sleep(periodMillis);
            } catch (InterruptedException stop) {
                return;
            }
            if (!closed) {
                report();
            }
        }
    }

    /** Stops and reports the end. */
    void complete() {
        close();
        step = "built";
        report();
    }

    @Override
    public void close() {
        closed = true;
        ThreadStop.interruptAndJoin(reporter, 0);
    }
}
