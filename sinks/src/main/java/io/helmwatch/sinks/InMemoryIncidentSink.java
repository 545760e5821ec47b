package io.helmwatch.sinks;

import io.helmwatch.vision.Incident;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Keeps all incidents in memory, for replays, tests and programs that embed the pipeline. Publishing waits for the snapshot.
 * Threading: any thread.
 */
public final class InMemoryIncidentSink implements IncidentSink {
    private final CopyOnWriteArrayList<Incident> incidents = new CopyOnWriteArrayList<>();

    private final IncidentSnapshots snapshots = new IncidentSnapshots();

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        try {
            synchronized (snapshots) {
                incidents.add(snapshots.complete(new PendingIncident(incident, snapshot)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            incidents.add(incident);
        }
    }

    /** The messages so far, in order of publication. */
    public List<Incident> incidents() {
        return List.copyOf(incidents);
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
