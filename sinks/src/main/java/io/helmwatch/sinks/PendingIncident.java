package io.helmwatch.sinks;

import io.helmwatch.vision.Incident;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An incident whose snapshot may still be in progress.
 *
 * @param incident the message without its snapshot
 * @param snapshot the snapshot, or null where there is none
 */
public record PendingIncident(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
    private static final Logger LOG = LoggerFactory.getLogger(PendingIncident.class);
    private static final long TIMEOUT_MILLIS = 2_000;

    /** The message with its snapshot, or without it when storing the snapshot fails or takes longer than two seconds. */
    public Incident awaitSnapshot() throws InterruptedException {
        try {
            Incident.Snapshot stored = snapshot.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            return stored == null ? incident : incident.withSnapshot(stored);
        } catch (TimeoutException e) {
            LOG.warn("Incident {} published without snapshot: not stored within {} ms", incident.id(), TIMEOUT_MILLIS);
        } catch (ExecutionException e) {
            LOG.warn("Incident {} published without snapshot: {}", incident.id(), String.valueOf(e.getCause()));
        }
        return incident;
    }
}
