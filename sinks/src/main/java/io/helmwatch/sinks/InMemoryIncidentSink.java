package io.helmwatch.sinks;

import io.helmwatch.vision.Incident;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Keeps everything in memory, for replays, tests and programs that embed the pipeline; waits for pictures. Threading: any thread. */
public final class InMemoryIncidentSink implements IncidentSink {
    private final CopyOnWriteArrayList<Incident> incidents = new CopyOnWriteArrayList<>();

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        Incident.Snapshot picture = null;
        try {
            picture = snapshot.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            // A message without its picture is worth more than none.
            picture = null;
        }
        incidents.add(picture == null ? incident : incident.withSnapshot(picture));
    }

    /** The messages so far, in order. */
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
