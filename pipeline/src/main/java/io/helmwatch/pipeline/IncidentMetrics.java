package io.helmwatch.pipeline;

import io.helmwatch.sinks.IncidentStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** What became of incident messages. */
final class IncidentMetrics {
    private final MeterRegistry registry;
    private final IncidentStatistics statistics;

    private IncidentMetrics(MeterRegistry registry, IncidentStatistics statistics) {
        this.registry = registry;
        this.statistics = statistics;
    }

    static void bind(MeterRegistry registry, IncidentStatistics statistics) {
        IncidentMetrics metrics = new IncidentMetrics(registry, statistics);
        metrics.counter("accepted", "Incident messages made durable", IncidentStatistics::accepted);
        metrics.counter("refused", "Incident messages lost for want of room", IncidentStatistics::refused);
        metrics.counter("delivered", "Incident messages acknowledged by the broker", IncidentStatistics::delivered);
        metrics.counter(
                "dead", "Incident messages that the broker never takes, set aside", IncidentStatistics::deadLetters);
        metrics.gauge("messages", "Incident messages that wait for the broker", IncidentStatistics::waiting);
        metrics.gauge("bytes", "Bytes of incident messages that wait for the broker", IncidentStatistics::waitingBytes);
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
