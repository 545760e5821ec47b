package io.helmwatch.pipeline.metrics;

import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.notify.Notification;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Meters of the messages of a notification target. Threading: any thread. */
public final class NotifyMetrics {
    private NotifyMetrics() {}

    public static void bind(MeterRegistry registry, Notification target) {
        counter(registry, target, "delivered", "Messages that the target has taken", IncidentStatistics::delivered);
        counter(registry, target, "refused", "Messages lost because the spool was full", IncidentStatistics::refused);
        counter(
                registry,
                target,
                "dead",
                "Messages that the target rejected for good, dead-lettered",
                IncidentStatistics::deadLetters);
        Gauge.builder(
                        "helmwatch.notification.waiting",
                        target,
                        t -> t.statistics().waiting())
                .description("Messages that wait for the target")
                .baseUnit("messages")
                .tag("target", target.name())
                .register(registry);
        Gauge.builder("helmwatch.notification.oldest.age", target, NotifyMetrics::oldestAgeSeconds)
                .description("Age of the oldest message that waits for the target; 0 when none waits")
                .baseUnit("seconds")
                .tag("target", target.name())
                .register(registry);
        Gauge.builder("helmwatch.notification.healthy", target, t -> t.problem().isEmpty() ? 1 : 0)
                .description("1 unless the last attempt failed")
                .tag("target", target.name())
                .register(registry);
    }

    private static double oldestAgeSeconds(Notification target) {
        long oldest = target.statistics().oldestWaitingMillis();
        return oldest == 0 ? 0 : Math.max(0, System.currentTimeMillis() - oldest) / 1_000.0;
    }

    private static void counter(
            MeterRegistry registry,
            Notification target,
            String what,
            String description,
            ToDoubleFunction<IncidentStatistics> value) {
        FunctionCounter.builder("helmwatch.notification." + what, target, t -> value.applyAsDouble(t.statistics()))
                .description(description)
                .baseUnit("messages")
                .tag("target", target.name())
                .register(registry);
    }
}
