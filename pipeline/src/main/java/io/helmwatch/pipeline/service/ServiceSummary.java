package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What a service did, as lines for the log.
 *
 * <p>Threading: one thread.
 */
final class ServiceSummary {
    private final DevicePipelines pipelines;
    private final List<DetectionSink> sinks;
    /** Counts of each stream at the last summary. */
    private Map<StreamFeed, Counts> last = Map.of();

    /** Nothing was summed up so far. */
    ServiceSummary(DevicePipelines pipelines, List<DetectionSink> sinks) {
        this.pipelines = pipelines;
        this.sinks = sinks;
    }

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

    /** Wanted and analysed frames of the last ten seconds. */
    String rates() {
        Collection<StreamFeed> feeds = pipelines.feeds();
        return String.format(
                Locale.ROOT,
                "%s: %.1f frames per second wanted, %.1f analysed",
                Quantity.of(feeds.size(), "stream"),
                AnalysisWatch.wantedPerSecond(feeds),
                AnalysisWatch.analysedPerSecond(feeds));
    }

    /**
     * What happened since the last call, in one line.
     *
     * @param seconds time since then
     */
    String sinceLast(int seconds) {
        Collection<StreamFeed> feeds = pipelines.feeds();
        Counts counts = countSinceLast(feeds);
        long online = feeds.stream()
                .filter(feed -> feed.status().state() == StreamStatus.State.ONLINE)
                .count();
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "Last %d s: %d of %s online, %s decoded, %d wanted (%.1f/s), %d analysed (%.1f/s), %d dropped",
                seconds,
                online,
                Quantity.of(feeds.size(), "stream"),
                Quantity.of(counts.decoded, "frame"),
                counts.wanted,
                counts.wanted / (double) seconds,
                counts.analysed,
                counts.analysed / (double) seconds,
                counts.dropped));
        if (counts.dropped > 0) {
            line.append(causes(feeds));
        }
        sinks.forEach(sink -> line.append(", ").append(delivery(sink)));
        if (pipelines.failures() > 0) {
            line.append(", ").append(pipelines.failures()).append(" stage failures since start");
        }
        return line.toString();
    }

    private Counts countSinceLast(Collection<StreamFeed> feeds) {
        Counts sum = Counts.NONE;
        Map<StreamFeed, Counts> current = new HashMap<>();
        for (StreamFeed feed : feeds) {
            Counts now = Counts.of(feed);
            current.put(feed, now);
            sum = sum.plus(now, last.getOrDefault(feed, Counts.NONE));
        }
        last = current;
        return sum;
    }

    private static String causes(Collection<StreamFeed> feeds) {
        StringJoiner causes = new StringJoiner(", ", " (since start: ", ")").setEmptyValue("");
        for (DropCause cause : DropCause.values()) {
            long count = feeds.stream().mapToLong(feed -> feed.dropped(cause)).sum();
            if (count > 0) {
                causes.add(cause.tag() + " " + count);
            }
        }
        return causes.toString();
    }

    private static String delivery(DetectionSink sink) {
        SinkStatistics statistics = sink.statistics();
        return sink.name() + " " + statistics.published() + " delivered"
                + (statistics.dropped() > 0 ? " " + statistics.dropped() + " dropped" : "");
    }
}
