package io.helmwatch.pipeline.live;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Knows the open incidents of each stream, and passes messages about incidents on to viewers. Threading: as {@link IncidentSink}; never waits. */
final class LiveIncidents implements IncidentSink {
    private final Map<String, Set<String>> open = new ConcurrentHashMap<>();
    private final Consumer<Incident> viewers;

    /** @param viewers is given every message */
    LiveIncidents(Consumer<Incident> viewers) {
        this.viewers = viewers;
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        Set<String> incidents = open.computeIfAbsent(incident.stream(), stream -> ConcurrentHashMap.newKeySet());
        if (incident.hasEnded()) {
            incidents.remove(incident.id());
        } else {
            incidents.add(incident.id());
        }
        viewers.accept(incident);
    }

    /** Ids of a stream's open incidents. */
    List<String> open(String stream) {
        Set<String> incidents = open.get(stream);
        return incidents == null ? List.of() : List.copyOf(incidents);
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
