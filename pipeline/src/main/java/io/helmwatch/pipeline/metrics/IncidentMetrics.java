package io.helmwatch.pipeline.metrics;

import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.evidence.ClipStore;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Meters of incident messages, their snapshots and clips. Threading: any thread. */
public final class IncidentMetrics {
    private final MeterRegistry registry;
    private final IncidentStatistics statistics;

    private IncidentMetrics(MeterRegistry registry, IncidentStatistics statistics) {
        this.registry = registry;
        this.statistics = statistics;
    }

    public static void bind(MeterRegistry registry, IncidentStatistics statistics) {
        IncidentMetrics metrics = new IncidentMetrics(registry, statistics);
        metrics.counter("accepted", "Incident messages persisted", IncidentStatistics::accepted);
        metrics.counter("refused", "Incident messages lost because the spool was full", IncidentStatistics::refused);
        metrics.counter("delivered", "Incident messages acknowledged by the broker", IncidentStatistics::delivered);
        metrics.counter(
                "dead",
                "Incident messages rejected by the broker for good, dead-lettered",
                IncidentStatistics::deadLetters);
        Gauge.builder("helmwatch.incident.dead.letters", statistics, IncidentStatistics::deadLetterBytes)
                .description("Size of the dead letters of this and earlier runs; 0 when there are none")
                .baseUnit("bytes")
                .register(registry);
        metrics.gauge("messages", "Incident messages that wait for the broker", IncidentStatistics::waiting);
        metrics.counter("salvaged", "Incident messages recovered from a damaged spool", IncidentStatistics::salvaged);
        Gauge.builder("helmwatch.incident.spool.lost.files", statistics, IncidentStatistics::lostFiles)
                .description("Spool files that were damaged or had lost their content")
                .baseUnit("files")
                .register(registry);
        Gauge.builder("helmwatch.incident.spool.oldest.age", statistics, IncidentMetrics::oldestAgeSeconds)
                .description("Age of the oldest incident message that waits for the broker; 0 when none waits")
                .baseUnit("seconds")
                .register(registry);
        metrics.gauge("bytes", "Bytes of incident messages that wait for the broker", IncidentStatistics::waitingBytes);
    }

    private static double oldestAgeSeconds(IncidentStatistics statistics) {
        long oldest = statistics.oldestWaitingMillis();
        return oldest == 0 ? 0 : Math.max(0, System.currentTimeMillis() - oldest) / 1_000.0;
    }

    public static void bind(MeterRegistry registry, SnapshotStore store) {
        snapshots(registry, store, "stored", SnapshotStore::stored);
        snapshots(registry, store, "skipped", SnapshotStore::skipped);
        snapshots(registry, store, "failed", SnapshotStore::failed);
    }

    private static void snapshots(
            MeterRegistry registry, SnapshotStore store, String result, ToDoubleFunction<SnapshotStore> value) {
        FunctionCounter.builder("helmwatch.incident.snapshots", store, value)
                .description("Snapshots of incidents, by result")
                .baseUnit("pictures")
                .tag("result", result)
                .register(registry);
    }

    public static void bind(MeterRegistry registry, ClipStore store) {
        clips(registry, store, "stored", ClipStore::stored);
        clips(registry, store, "skipped", ClipStore::skipped);
        clips(registry, store, "refused", ClipStore::refused);
        clips(registry, store, "failed", ClipStore::failed);
    }

    private static void clips(
            MeterRegistry registry, ClipStore store, String result, ToDoubleFunction<ClipStore> value) {
        FunctionCounter.builder("helmwatch.incident.clips", store, value)
                .description("Clips of incidents, by result")
                .baseUnit("clips")
                .tag("result", result)
                .register(registry);
    }

    private void counter(String what, String description, ToDoubleFunction<IncidentStatistics> value) {
        FunctionCounter.builder("helmwatch.incident." + what + ".messages", statistics, value)
                .description(description)
                .baseUnit("messages")
                .register(registry);
    }

    private void gauge(String unit, String description, ToDoubleFunction<IncidentStatistics> value) {
        Gauge.builder("helmwatch.incident.spool." + unit, statistics, value)
                .description(description)
                .baseUnit(unit)
                .register(registry);
    }
}
