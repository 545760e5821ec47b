package io.helmwatch.sinks;

import io.helmwatch.vision.Incident;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Writes incidents through a {@link JsonLinesDetectionSink}, which owns the file. Threading: any thread. */
public final class JsonLinesIncidentSink implements IncidentSink {
    private final JsonLinesDetectionSink lines;

    /** Creates a sink that writes to the same target as {@code lines}. */
    public JsonLinesIncidentSink(JsonLinesDetectionSink lines) {
        this.lines = lines;
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        lines.publish(new PendingIncident(incident, snapshot));
    }

    /** None: incidents are counted by the sink that writes them. */
    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
