package io.helmwatch.sinks;

import io.helmwatch.vision.Incident;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Writes incidents as lines among those of a {@link JsonLinesDetectionSink}, which stays the owner of the file. Threading: any thread. */
public final class JsonLinesIncidentSink implements IncidentSink {
    private final JsonLinesDetectionSink lines;

    /** Writes where the other sink writes. */
    public JsonLinesIncidentSink(JsonLinesDetectionSink lines) {
        this.lines = lines;
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        lines.publish(new PendingIncident(incident, snapshot));
    }

    /** Counted with the lines of the other sink. */
    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
