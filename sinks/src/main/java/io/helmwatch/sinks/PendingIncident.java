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
 * A message whose picture may still be in the making.
 *
 * @param incident the message without it
 * @param snapshot the picture, or null where there will be none
 */
public record PendingIncident(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
    private static final Logger LOG = LoggerFactory.getLogger(PendingIncident.class);
    private static final long LONGEST_MILLIS = 2_000;

    /** The message with its picture, or without it when that fails or takes longer than two seconds: a message is worth more than its picture. */
    public Incident complete() throws InterruptedException {
        try {
            Incident.Snapshot picture = snapshot.get(LONGEST_MILLIS, TimeUnit.MILLISECONDS);
            return picture == null ? incident : incident.withSnapshot(picture);
        } catch (TimeoutException e) {
            LOG.warn(
                    "incident {} goes without its picture: it was not stored within {} ms",
                    incident.id(),
                    LONGEST_MILLIS);
        } catch (ExecutionException e) {
            LOG.warn("incident {} goes without its picture: {}", incident.id(), String.valueOf(e.getCause()));
        }
        return incident;
    }
}
