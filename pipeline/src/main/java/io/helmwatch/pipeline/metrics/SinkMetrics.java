package io.helmwatch.pipeline.metrics;

import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.sinks.SinkStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** What became of the messages, per sink. */
public final class SinkMetrics {
    private SinkMetrics() {}

    public static void bind(MeterRegistry registry, DetectionSink sink) {
        SinkStatistics statistics = sink.statistics();
        FunctionCounter.builder("helmwatch.published.messages", statistics, SinkStatistics::published)
                .description("Messages that arrived: acknowledged by the broker, or written")
                .baseUnit("messages")
                .tag("sink", sink.name())
                .register(registry);
        for (SinkDropCause cause : SinkDropCause.values()) {
            FunctionCounter.builder("helmwatch.lost.messages", statistics, s -> s.dropped(cause))
                    .description("Messages that did not arrive, by cause")
                    .baseUnit("messages")
                    .tags("sink", sink.name(), "cause", cause.tag())
                    .register(registry);
        }
        Gauge.builder("helmwatch.sink.queue", statistics, SinkStatistics::queueDepth)
                .description("Messages that wait to be sent")
                .baseUnit("messages")
                .tag("sink", sink.name())
                .register(registry);
        Gauge.builder("helmwatch.sink.connected", statistics, s -> s.connected() ? 1 : 0)
                .description("1 while the other side takes messages, as far as is known")
                .tag("sink", sink.name())
                .register(registry);
    }
}
