package io.helmwatch.pipeline.site;

import io.helmwatch.cluster.Acknowledgement;
import io.helmwatch.cluster.AcknowledgementStore;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.sinks.history.RecordedIncident;
import io.helmwatch.sinks.history.SharedAcknowledgement;
import java.util.Collection;
import java.util.List;

/** The acknowledgements in a node's history as its cluster shares them. Threading: any thread. Ownership: the history belongs to the caller. */
public final class SiteAcknowledgements implements AcknowledgementStore {
    private final IncidentHistory history;
    private final String node;

    /**
     * The acknowledgements of a history.
     *
     * @param node name of this node
     */
    public SiteAcknowledgements(IncidentHistory history, String node) {
        this.history = history;
        this.node = node;
    }

    @Override
    public List<Unpublished> unpublished() {
        return history.unpublishedAcknowledgements().stream()
                .map(said -> new Unpublished(message(said), said.change()))
                .toList();
    }

    private Acknowledgement message(SharedAcknowledgement said) {
        RecordedIncident.Acknowledgement by = said.acknowledgement();
        return by == null
                ? new Acknowledgement(said.incident(), true, said.atMillis(), "", "", node)
                : new Acknowledgement(said.incident(), false, by.atMillis(), by.by(), by.note(), node);
    }

    private static SharedAcknowledgement record(Acknowledgement said, long change) {
        return new SharedAcknowledgement(
                said.incident(),
                said.isWithdrawn()
                        ? null
                        : new RecordedIncident.Acknowledgement(said.atMillis(), said.by(), said.note()),
                said.atMillis(),
                change);
    }

    @Override
    public void published(Unpublished change) {
        history.acknowledgementPublished(record(change.said(), change.change()));
    }

    @Override
    public void apply(Collection<Acknowledgement> said) {
        history.recordAcknowledgements(said.stream().map(one -> record(one, 0)).toList());
    }
}
