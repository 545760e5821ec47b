package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.DetectionSink;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the pipelines once a second: stalls, rates and silence of streams; logs a summary line once a minute, and shows a line of progress
 * on a terminal while files are played.
 *
 * <p>Threading: a thread of its own. Ownership: closing stops the thread.
 */
final class ServiceMonitor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceMonitor.class);
    private static final int SUMMARY_SECONDS = 60;
    private static final int FIRST_SUMMARY_SECONDS = 12;
    private static final boolean TERMINAL = Boolean.getBoolean("helmwatch.terminal");

    private final DevicePipelines pipelines;
    private final Consumer<StreamFeed> watch;
    private final AnalysisWatch analysis;
    private final List<StallWatch> stalls;
    private final List<WorkerTuning> tunings;
    private final ServiceSummary summary;
    private final Thread thread;
    private volatile boolean closed;

    private ServiceMonitor(
            DevicePipelines pipelines,
            List<DetectionSink> sinks,
            AnalysisWatch analysis,
            Consumer<StreamFeed> watch,
            List<WorkerTuning> tunings) {
        this.pipelines = pipelines;
        this.summary = new ServiceSummary(pipelines, sinks);
        this.watch = watch;
        this.tunings = List.copyOf(tunings);
        this.analysis = analysis;
        // One each: a device that hangs must be seen although the others go on.
        this.stalls = pipelines.all().stream()
                .map(pipeline -> new StallWatch(pipeline::passed, () -> pipeline.ringDepth() > 0, System::nanoTime))
                .toList();
        this.thread = new Thread(this::run, "monitor");
        thread.setDaemon(true);
    }

    /**
     * Starts looking.
     *
     * @param analysis finds streams that are online and not well; owned by the monitor from here on
     * @param watch is called for every live stream once a second
     * @param tunings measure workers again under overload; closed with the monitor
     */
    static ServiceMonitor start(
            DevicePipelines pipelines,
            List<DetectionSink> sinks,
            AnalysisWatch analysis,
            Consumer<StreamFeed> watch,
            List<WorkerTuning> tunings) {
        ServiceMonitor monitor = new ServiceMonitor(pipelines, sinks, analysis, watch, tunings);
        monitor.thread.start();
        return monitor;
    }

    /** How long frames have been waiting while nothing left the ring, of the device where that is longest. */
    Duration stalledFor() {
        return stalls.stream()
                .map(StallWatch::stalledFor)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    private void run() {
        long start = System.nanoTime();
        ProgressLine progress = TERMINAL ? new ProgressLine(System.err) : null;
        for (int second = 1; !closed; second++) {
            try {
                TimeUnit.NANOSECONDS.sleep(start + TimeUnit.SECONDS.toNanos(second) - System.nanoTime());
            } catch (InterruptedException end) {
                break;
            }
            stalls.forEach(StallWatch::check);
            checkStreams();
            if (progress != null) {
                progress.show(pipelines.feeds());
            }
            if (second == FIRST_SUMMARY_SECONDS) {
                LOG.info("{}", summary.rates());
            }
            if (second % SUMMARY_SECONDS == 0) {
                LOG.info("{}", summary.sinceLast(SUMMARY_SECONDS));
            }
        }
        if (progress != null) {
            progress.end();
        }
    }

    /** A check that fails must not end the others. */
    private void checkStreams() {
        try {
            long now = System.nanoTime();
            analysis.check(pipelines.feeds(), now);
            tunings.forEach(tuning -> tuning.check(analysis.isOverloaded(tuning.feeds()), now));
        } catch (RuntimeException failure) {
            LOG.debug("Rates of the streams not checked", failure);
        }
        for (StreamFeed feed : pipelines.feeds()) {
            if (feed.isLive()) {
                try {
                    watch.accept(feed);
                } catch (RuntimeException failure) {
                    LOG.debug("Stream {} not checked", feed.id(), failure);
                }
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        ThreadStop.interruptAndJoin(thread, TimeUnit.SECONDS.toMillis(1));
        tunings.forEach(WorkerTuning::close);
    }
}
