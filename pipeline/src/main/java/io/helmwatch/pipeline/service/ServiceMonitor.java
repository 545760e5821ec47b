package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.resource.Quantity;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    private final List<DetectionSink> sinks;
    private final Consumer<StreamFeed> watch;
    private final AnalysisWatch analysis;
    private final List<StallWatch> stalls;
    private final List<WorkerTuning> tunings;
    private final Thread thread;
    /** Counts of each stream at the last summary; owned by the thread that makes summaries. */
    private Map<StreamFeed, Counts> lastCounts = Map.of();

    private volatile boolean closed;

    private record Counts(long decoded, long wanted, long analysed, long dropped) {
        private static final Counts NONE = new Counts(0, 0, 0, 0);

        static Counts of(StreamFeed feed) {
            long decoded = feed.decoded();
            return new Counts(
                    decoded,
                    decoded - feed.dropped(DropCause.SAMPLED) - feed.dropped(DropCause.CORRUPT),
                    feed.analysed(),
                    feed.dropped());
        }

        Counts plus(Counts now, Counts before) {
            return new Counts(
                    decoded + now.decoded - before.decoded,
                    wanted + now.wanted - before.wanted,
                    analysed + now.analysed - before.analysed,
                    dropped + now.dropped - before.dropped);
        }
    }

    private ServiceMonitor(
            DevicePipelines pipelines,
            List<DetectionSink> sinks,
            AnalysisWatch analysis,
            Consumer<StreamFeed> watch,
            List<WorkerTuning> tunings) {
        this.pipelines = pipelines;
        this.sinks = sinks;
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
                LOG.info("{}", rates());
            }
            if (second % SUMMARY_SECONDS == 0) {
                LOG.info("{}", summary(SUMMARY_SECONDS));
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

    /** Wanted and analysed frames of the last ten seconds. */
    private String rates() {
        Collection<StreamFeed> feeds = pipelines.feeds();
        return String.format(
                Locale.ROOT,
                "%s: %.1f frames per second wanted, %.1f analysed",
                Quantity.of(feeds.size(), "stream"),
                AnalysisWatch.wantedPerSecond(feeds),
                AnalysisWatch.analysedPerSecond(feeds));
    }

    /** The last seconds in one line. Called by one thread. */
    String summary(int seconds) {
        Collection<StreamFeed> feeds = pipelines.feeds();
        long online = feeds.stream()
                .filter(f -> f.status().state() == StreamStatus.State.ONLINE)
                .count();
        Counts delta = Counts.NONE;
        Map<StreamFeed, Counts> counts = new HashMap<>();
        for (StreamFeed feed : feeds) {
            Counts now = Counts.of(feed);
            counts.put(feed, now);
            delta = delta.plus(now, lastCounts.getOrDefault(feed, Counts.NONE));
        }
        lastCounts = counts;
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "Last %d s: %d of %s online, %s decoded, %d wanted (%.1f/s), %d analysed (%.1f/s), %d dropped",
                seconds,
                online,
                Quantity.of(feeds.size(), "stream"),
                Quantity.of(delta.decoded, "frame"),
                delta.wanted,
                delta.wanted / (double) seconds,
                delta.analysed,
                delta.analysed / (double) seconds,
                delta.dropped));
        if (delta.dropped > 0) {
            String sign = " (since start:";
            for (DropCause cause : DropCause.values()) {
                long count = feeds.stream().mapToLong(f -> f.dropped(cause)).sum();
                if (count > 0) {
                    line.append(sign)
                            .append(' ')
                            .append(cause.tag())
                            .append(' ')
                            .append(count);
                    sign = ",";
                }
            }
            line.append(')');
        }
        for (DetectionSink sink : sinks) {
            SinkStatistics statistics = sink.statistics();
            line.append(", ")
                    .append(sink.name())
                    .append(' ')
                    .append(statistics.published())
                    .append(" delivered");
            if (statistics.dropped() > 0) {
                line.append(' ').append(statistics.dropped()).append(" dropped");
            }
        }
        if (pipelines.failures() > 0) {
            line.append(", ").append(pipelines.failures()).append(" stage failures since start");
        }
        return line.toString();
    }

    @Override
    public void close() {
        closed = true;
        ThreadStop.interruptAndJoin(thread, TimeUnit.SECONDS.toMillis(1));
        tunings.forEach(WorkerTuning::close);
    }
}
