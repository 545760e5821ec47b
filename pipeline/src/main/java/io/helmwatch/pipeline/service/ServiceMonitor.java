package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the pipeline once a second: whether it moves, which streams are silent, a summary line a minute, and on a terminal a line of
 * progress while files are played.
 *
 * <p>Threading: a thread of its own. Ownership: closing ends the thread.
 */
final class ServiceMonitor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceMonitor.class);
    private static final int SUMMARY_SECONDS = 60;
    private static final boolean TERMINAL = Boolean.getBoolean("helmwatch.terminal");

    private final DevicePipelines pipelines;
    private final List<DetectionSink> sinks;
    private final Consumer<StreamFeed> watch;
    private final List<StallWatch> stalls;
    private final Thread thread;
    private long lastDecoded;
    private long lastAnalysed;
    private long lastDropped;
    private volatile boolean closed;

    private ServiceMonitor(DevicePipelines pipelines, List<DetectionSink> sinks, Consumer<StreamFeed> watch) {
        this.pipelines = pipelines;
        this.sinks = sinks;
        this.watch = watch;
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
     * @param watch is shown every live stream once a second
     */
    static ServiceMonitor start(DevicePipelines pipelines, List<DetectionSink> sinks, Consumer<StreamFeed> watch) {
        ServiceMonitor monitor = new ServiceMonitor(pipelines, sinks, watch);
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
            stalls.forEach(StallWatch::look);
            watchStreams();
            if (progress != null) {
                progress.show(pipelines.feeds());
            }
            if (second % SUMMARY_SECONDS == 0) {
                LOG.info("{}", summary(SUMMARY_SECONDS));
            }
        }
        if (progress != null) {
            progress.end();
        }
    }

    /** A look that fails must not end the others. */
    private void watchStreams() {
        for (StreamFeed feed : pipelines.feeds()) {
            if (feed.isLive()) {
                try {
                    watch.accept(feed);
                } catch (RuntimeException failure) {
                    LOG.debug("stream {} could not be looked at", feed.id(), failure);
                }
            }
        }
    }

    /** The last while in one line. Called by one thread. */
    String summary(int seconds) {
        Collection<StreamFeed> feeds = pipelines.feeds();
        long online = feeds.stream()
                .filter(f -> f.status().state() == StreamStatus.State.ONLINE)
                .count();
        long decoded = feeds.stream().mapToLong(StreamFeed::decoded).sum();
        long analysed = feeds.stream().mapToLong(StreamFeed::analysed).sum();
        long dropped = feeds.stream().mapToLong(StreamFeed::dropped).sum();
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "last %d s: %d of %d streams online, %d frames decoded, %d analysed (%.1f/s), %d not analysed",
                seconds,
                online,
                feeds.size(),
                decoded - lastDecoded,
                analysed - lastAnalysed,
                (analysed - lastAnalysed) / (double) seconds,
                dropped - lastDropped));
        if (dropped > lastDropped) {
            String sign = " (since the start:";
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
                    .append(" published");
            if (statistics.dropped() > 0) {
                line.append(' ').append(statistics.dropped()).append(" lost");
            }
        }
        if (pipelines.failures() > 0) {
            line.append(", ").append(pipelines.failures()).append(" failures of stages since the start");
        }
        lastDecoded = decoded;
        lastAnalysed = analysed;
        lastDropped = dropped;
        return line.toString();
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(1));
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }
}
