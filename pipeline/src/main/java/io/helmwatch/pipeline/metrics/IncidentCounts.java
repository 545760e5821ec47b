package io.helmwatch.pipeline.metrics;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts incidents by stream and rule: started, and open now. Threading: as {@link IncidentSink}. */
public final class IncidentCounts implements IncidentSink {
    private final MeterRegistry registry;
    private final Map<Key, Meters> meters = new ConcurrentHashMap<>();
    private final LongAdder started = new LongAdder();

    private record Key(String stream, String rule) {}

    private record Meters(Counter started, AtomicInteger open, Gauge openMeter) {}

    /** Counts into a registry; meters appear with {@link #register}, or with the first incident. */
    public IncidentCounts(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Adds the meters of a rule, which read zero until its first incident. */
    public void register(String stream, String rule) {
        meters(stream, rule);
    }

    /** Removes the meters of a stream, after its last incident. */
    public void remove(String stream) {
        meters.entrySet().removeIf(entry -> {
            boolean isOfStream = entry.getKey().stream().equals(stream);
            if (isOfStream) {
                registry.remove(entry.getValue().openMeter());
                registry.remove(entry.getValue().started());
            }
            return isOfStream;
        });
    }

    private Meters meters(String stream, String rule) {
        return meters.computeIfAbsent(new Key(stream, rule), key -> {
            AtomicInteger open = new AtomicInteger();
            Gauge openMeter = Gauge.builder("helmwatch.incidents.open", open, AtomicInteger::get)
                    .description("Open incidents, by stream and rule")
                    .baseUnit("incidents")
                    .tags("stream", stream, "rule", rule)
                    .register(registry);
            Counter count = Counter.builder("helmwatch.incidents")
                    .description("Started incidents, by stream and rule")
                    .baseUnit("incidents")
                    .tags("stream", stream, "rule", rule)
                    .register(registry);
            return new Meters(count, open, openMeter);
        });
    }

    /** Incidents that started so far, over all streams and rules. */
    public long started() {
        return started.sum();
    }

    /** Incidents of a stream that are open. */
    public int open(String stream) {
        int open = 0;
        for (Map.Entry<Key, Meters> entry : meters.entrySet()) {
            if (entry.getKey().stream().equals(stream)) {
                open += entry.getValue().open().get();
            }
        }
        return open;
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        Meters counts = meters(incident.stream(), incident.rule());
        if (incident.phase() == Incident.Phase.START) {
            started.increment();
            counts.started().increment();
            counts.open().incrementAndGet();
        } else if (incident.phase() == Incident.Phase.END) {
            counts.open().decrementAndGet();
        }
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
