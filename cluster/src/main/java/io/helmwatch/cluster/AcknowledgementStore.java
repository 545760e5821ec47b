package io.helmwatch.cluster;

import java.util.Collection;
import java.util.List;

/**
 * Where a node keeps acknowledgements: those that were given on it until they are published, and those of all nodes.
 *
 * <p>Threading: any thread. Every method throws a {@link RuntimeException} with one sentence when the store cannot be used.
 */
public interface AcknowledgementStore {
    /**
     * An acknowledgement that was given here.
     *
     * @param change tells it from a later one of the same incident
     */
    record Unpublished(Acknowledgement said, long change) {}

    /** What was given here and is not published yet, in the order in which it was given. */
    List<Unpublished> unpublished();

    /** The broker has it. */
    void published(Unpublished change);

    /** What the topic says now; one of an incident that waits here to be published changes nothing, since that comes later. */
    void apply(Collection<Acknowledgement> said);
}
