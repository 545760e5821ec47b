package io.helmwatch.pipeline.live;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Passes messages about incidents to all viewers. Threading: as {@link IncidentSink}; never waits. */
final class LiveIncidents implements IncidentSink {
    private final LiveStreams streams;

    LiveIncidents(LiveStreams streams) {
        this.streams = streams;
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        streams.onIncident(incident);
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
