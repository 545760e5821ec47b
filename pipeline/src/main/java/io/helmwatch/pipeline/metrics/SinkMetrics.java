package io.helmwatch.pipeline.metrics;

import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.sinks.SinkStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Meters of the messages of a sink. Threading: any thread. */
public final class SinkMetrics {
    private SinkMetrics() {}

    public static void bind(MeterRegistry registry, DetectionSink sink) {
        bind(registry, sink.name(), sink.statistics());
    }

    /** Meters of the messages of a sink of this name. */
    public static void bind(MeterRegistry registry, String name, SinkStatistics statistics) {
        FunctionCounter.builder("helmwatch.published.messages", statistics, SinkStatistics::published)
                .description("Messages delivered: acknowledged by the broker, or written")
                .baseUnit("messages")
                .tag("sink", name)
                .register(registry);
        for (SinkDropCause cause : SinkDropCause.values()) {
            FunctionCounter.builder("helmwatch.lost.messages", statistics, s -> s.dropped(cause))
                    .description("Messages dropped, by cause")
                    .baseUnit("messages")
                    .tags("sink", name, "cause", cause.tag())
                    .register(registry);
        }
        Gauge.builder("helmwatch.sink.queue", statistics, SinkStatistics::queueDepth)
                .description("Messages in the queue")
                .baseUnit("messages")
                .tag("sink", name)
                .register(registry);
        Gauge.builder("helmwatch.sink.last.published.time", statistics, s -> s.lastPublishedMillis() / 1e3)
                .description("When a message was last delivered, in seconds since 1970; 0 before the first")
                .baseUnit("seconds")
                .tag("sink", name)
                .register(registry);
        Gauge.builder("helmwatch.sink.connected", statistics, s -> s.connected() ? 1 : 0)
                .description("1 while the sink delivers messages")
                .tag("sink", name)
                .register(registry);
    }
}
