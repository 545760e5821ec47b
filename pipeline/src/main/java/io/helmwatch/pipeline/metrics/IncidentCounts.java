package io.helmwatch.pipeline.metrics;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Counts incidents by stream and rule: started, and open now. Threading: as {@link IncidentSink}. */
public final class IncidentCounts implements IncidentSink {
    private final MeterRegistry registry;
    private final Map<Key, Meters> meters = new ConcurrentHashMap<>();
    /** The rules in force, by stream. */
    private final Map<String, Set<String>> rules = new ConcurrentHashMap<>();

    private final LongAdder started = new LongAdder();

    private record Key(String stream, String rule) {}

    private record Meters(Counter started, AtomicInteger open, Gauge openMeter) {}

    /** Counts into a registry; meters appear with {@link #register}, or with the first incident. */
    public IncidentCounts(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Adds the meters of a stream's rules, which read zero until their first incident. Those of rules that it has no longer are removed, as soon as none of
     * their incidents is open.
     */
    public void register(String stream, Set<String> inForce) {
        rules.put(stream, Set.copyOf(inForce));
        inForce.forEach(rule -> meters(stream, rule));
        removeIf(key -> key.stream().equals(stream) && !inForce.contains(key.rule()), false);
    }

    /** Removes the meters of a stream, after its last incident. */
    public void remove(String stream) {
        rules.remove(stream);
        removeIf(key -> key.stream().equals(stream), true);
    }

    private void removeIf(Predicate<Key> isOver, boolean alsoOpen) {
        meters.entrySet().removeIf(entry -> {
            boolean isRemoved = isOver.test(entry.getKey())
                    && (alsoOpen || entry.getValue().open().get() <= 0);
            if (isRemoved) {
                registry.remove(entry.getValue().openMeter());
                registry.remove(entry.getValue().started());
            }
            return isRemoved;
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
            Key key = new Key(incident.stream(), incident.rule());
            Set<String> inForce = rules.get(incident.stream());
            if (counts.open().decrementAndGet() <= 0 && inForce != null && !inForce.contains(incident.rule())) {
                removeIf(key::equals, false);
            }
        }
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
