package io.helmwatch.pipeline.metrics;

import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** What became of incident messages. */
public final class IncidentMetrics {
    private final MeterRegistry registry;
    private final IncidentStatistics statistics;

    private IncidentMetrics(MeterRegistry registry, IncidentStatistics statistics) {
        this.registry = registry;
        this.statistics = statistics;
    }

    public static void bind(MeterRegistry registry, IncidentStatistics statistics) {
        IncidentMetrics metrics = new IncidentMetrics(registry, statistics);
        metrics.counter("accepted", "Incident messages made durable", IncidentStatistics::accepted);
        metrics.counter("refused", "Incident messages lost for want of room", IncidentStatistics::refused);
        metrics.counter("delivered", "Incident messages acknowledged by the broker", IncidentStatistics::delivered);
        metrics.counter(
                "dead", "Incident messages that the broker never takes, set aside", IncidentStatistics::deadLetters);
        metrics.gauge("messages", "Incident messages that wait for the broker", IncidentStatistics::waiting);
        metrics.gauge("bytes", "Bytes of incident messages that wait for the broker", IncidentStatistics::waitingBytes);
    }

    public static void bind(MeterRegistry registry, SnapshotStore store) {
        snapshots(registry, store, "stored", SnapshotStore::stored);
        snapshots(registry, store, "skipped", SnapshotStore::skipped);
        snapshots(registry, store, "failed", SnapshotStore::failed);
    }

    private static void snapshots(
            MeterRegistry registry, SnapshotStore store, String result, ToDoubleFunction<SnapshotStore> value) {
        FunctionCounter.builder("helmwatch.incident.snapshots", store, value)
                .description("Pictures of incidents: stored, skipped since too many were in the making, failed")
                .baseUnit("pictures")
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
