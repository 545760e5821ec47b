package io.helmwatch.sinks;

import io.helmwatch.resource.FailureText;
import io.helmwatch.vision.Incident;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds snapshots to incident messages. A message waits up to two seconds for its snapshot; a snapshot that takes longer is added to
 * the incident's next message that has none of its own, at the latest to its end, which waits for it again.
 *
 * <p>Threading: one thread.
 */
public final class IncidentSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(IncidentSnapshots.class);
    private static final long DEFAULT_TIMEOUT_MILLIS = 2_000;
    /** Incidents whose late snapshots are remembered; beyond, the oldest is given up. */
    private static final int MAX_LATE = 10_000;

    private final long timeoutMillis;
    private final Map<String, Future<Incident.@Nullable Snapshot>> late = new LinkedHashMap<>();

    /** Creates an object without late snapshots. */
    public IncidentSnapshots() {
        this(DEFAULT_TIMEOUT_MILLIS);
    }

    IncidentSnapshots(long timeoutMillis) {
        this.timeoutMillis = timeoutMillis;
    }

    /** The message with its snapshot, or a late one of its incident; without one where there is none or none yet. */
    public Incident complete(PendingIncident pending) throws InterruptedException {
        Incident incident = pending.incident();
        boolean isEnd = incident.phase() == Incident.Phase.END;
        Future<Incident.@Nullable Snapshot> earlier = late.remove(incident.id());
        try {
            Incident.Snapshot own = await(incident, pending.snapshot(), timeoutMillis);
            if (own == null && earlier != null) {
                own = await(incident, earlier, isEnd ? timeoutMillis : 0);
            }
            return own == null ? incident : incident.withSnapshot(own);
        } catch (TimeoutException e) {
            Future<Incident.@Nullable Snapshot> awaited = pending.snapshot().isDone() ? earlier : pending.snapshot();
            if (isEnd || awaited == null) {
                LOG.warn("Incident {} ended without snapshot: not stored within {} ms", incident.id(), timeoutMillis);
            } else {
                remember(incident.id(), awaited);
                if (earlier == null) {
                    LOG.warn(
                            "Incident {} published without snapshot: not stored within {} ms; its next message has it",
                            incident.id(),
                            timeoutMillis);
                }
            }
            return incident;
        }
    }

    private static Incident.@Nullable Snapshot await(
            Incident incident, Future<Incident.@Nullable Snapshot> snapshot, long millis)
            throws InterruptedException, TimeoutException {
        try {
            return snapshot.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            LOG.warn("Incident {} published without snapshot: {}", incident.id(), FailureText.of(FailureText.root(e)));
            return null;
        }
    }

    private void remember(String incident, Future<Incident.@Nullable Snapshot> snapshot) {
        if (late.size() >= MAX_LATE) {
            late.remove(late.keySet().iterator().next());
        }
        late.put(incident, snapshot);
    }
}
