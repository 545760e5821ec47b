package io.helmwatch.sinks;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IncidentSnapshotsTest {
    private static final Incident.Snapshot SNAPSHOT = new Incident.Snapshot("a.jpg", "0".repeat(64), null, null);
    private static final Incident.Snapshot OTHER = new Incident.Snapshot("b.jpg", "1".repeat(64), null, null);

    private final IncidentSnapshots snapshots = new IncidentSnapshots(100);

    private Incident.Snapshot sent(int number, int revision, Incident.Phase phase, Future<Incident.Snapshot> snapshot)
            throws InterruptedException {
        Incident incident = Incidents.bareHead("gate-3", number, revision, phase);
        Incident completed = snapshots.complete(new PendingIncident(incident, snapshot));
        assertThat(completed.eventId()).isEqualTo(incident.eventId());
        return completed.snapshot();
    }

    private Incident.Snapshot sent(int number, int revision, Incident.Phase phase) throws InterruptedException {
        return sent(number, revision, phase, CompletableFuture.completedFuture(null));
    }

    @Test
    void shouldAddASnapshotThatIsStoredInTime() throws InterruptedException {
        CompletableFuture<Incident.Snapshot> soon = new CompletableFuture<>();
        soon.completeOnTimeout(SNAPSHOT, 20, TimeUnit.MILLISECONDS);
        assertThat(sent(1, 0, Incident.Phase.START, soon)).isEqualTo(SNAPSHOT);
        assertThat(sent(1, 1, Incident.Phase.END)).as("only once").isNull();
    }

    @Test
    void shouldAddALateSnapshotToTheNextMessageOfItsIncident() throws InterruptedException {
        CompletableFuture<Incident.Snapshot> late = new CompletableFuture<>();
        assertThat(sent(1, 0, Incident.Phase.START, late)).isNull();
        assertThat(sent(2, 0, Incident.Phase.START)).as("another incident").isNull();
        assertThat(sent(1, 1, Incident.Phase.UPDATE)).as("not there yet").isNull();
        late.complete(SNAPSHOT);
        assertThat(sent(2, 1, Incident.Phase.END)).as("another incident").isNull();
        assertThat(sent(1, 2, Incident.Phase.UPDATE)).isEqualTo(SNAPSHOT);
        assertThat(sent(1, 3, Incident.Phase.END)).as("only once").isNull();
    }

    @Test
    void shouldWaitForALateSnapshotAgainBeforeTheEndAndThenGiveUp() throws InterruptedException {
        CompletableFuture<Incident.Snapshot> late = new CompletableFuture<>();
        assertThat(sent(1, 0, Incident.Phase.START, late)).isNull();
        late.completeOnTimeout(SNAPSHOT, 30, TimeUnit.MILLISECONDS);
        assertThat(sent(1, 1, Incident.Phase.END)).isEqualTo(SNAPSHOT);

        assertThat(sent(2, 0, Incident.Phase.START, new CompletableFuture<>())).isNull();
        assertThat(sent(2, 1, Incident.Phase.END)).isNull();
        assertThat(sent(2, 2, Incident.Phase.END)).isNull();
    }

    @Test
    void shouldPreferTheSnapshotOfTheMessageItself() throws InterruptedException {
        CompletableFuture<Incident.Snapshot> late = new CompletableFuture<>();
        assertThat(sent(1, 0, Incident.Phase.START, late)).isNull();
        late.complete(SNAPSHOT);
        assertThat(sent(1, 1, Incident.Phase.UPDATE, CompletableFuture.completedFuture(OTHER)))
                .isEqualTo(OTHER);
    }

    @Test
    void shouldPublishWithoutASnapshotThatFailed() throws InterruptedException {
        assertThat(sent(1, 0, Incident.Phase.START, CompletableFuture.failedFuture(new IllegalStateException("disk"))))
                .isNull();
        assertThat(sent(1, 1, Incident.Phase.END)).isNull();
    }
}
