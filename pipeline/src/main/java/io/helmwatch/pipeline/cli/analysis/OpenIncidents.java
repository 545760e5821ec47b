package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** The incidents of one stream that have started and not ended, as of the last message. Threading: the sink thread. */
final class OpenIncidents implements IncidentSink {
    private final Map<String, Incident> open = new LinkedHashMap<>();

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        if (incident.hasEnded()) {
            open.remove(incident.id());
        } else {
            open.put(incident.id(), incident);
        }
    }

    /** The open incidents in the order in which they started. */
    List<Incident> list() {
        return new ArrayList<>(open.values());
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {
        open.clear();
    }
}
