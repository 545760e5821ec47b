package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.vision.StreamStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/** What probes and commands learn of pipelines that run. Threading: any thread. */
final class ServiceHealth {
    private static final Duration STALL_LIMIT = Duration.ofSeconds(30);

    private ServiceHealth() {}

    /** Why the process should be restarted; empty when it need not be. */
    static String liveProblem(DevicePipelines pipelines, ServiceMonitor monitor) {
        if (!pipelines.isRunning()) {
            return "the thread of a stage has ended";
        }
        Duration stalled = monitor.stalledFor();
        return stalled.compareTo(STALL_LIMIT) > 0
                ? "stages stalled for " + stalled.toSeconds() + " s with " + pipelines.ringDepth() + " slots waiting"
                : "";
    }

    /** Streams that are not retried because their configuration has to change, with the reasons. */
    static List<String> failedStreams(Collection<StreamFeed> feeds) {
        return feeds.stream()
                .filter(feed -> feed.status().state() == StreamStatus.State.FAILED)
                .map(feed -> "stream " + feed.id() + ": " + feed.status().reason())
                .toList();
    }
}
