package io.helmwatch.sinks;

import io.helmwatch.vision.Incident;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * An incident whose snapshot may still be in progress; {@link IncidentSnapshots} adds it.
 *
 * @param incident the message without its snapshot
 * @param snapshot the snapshot, or null where there is none
 */
public record PendingIncident(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {}
