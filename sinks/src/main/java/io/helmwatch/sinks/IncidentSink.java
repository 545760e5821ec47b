package io.helmwatch.sinks;

import io.helmwatch.vision.Incident;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Receives incidents. Implementations neither block for long nor throw: messages that cannot be stored are counted.
 *
 * <p>Threading: {@link #publish} by one thread at a time per stream; {@link #close} once, after the last publish.
 */
public interface IncidentSink extends AutoCloseable {

    /** Publishes a message whose snapshot may still be in progress; the order of messages is kept. */
    void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot);

    /** Publishes a message without a snapshot. */
    default void publish(Incident incident) {
        publish(incident, CompletableFuture.completedFuture(null));
    }

    /**
     * In a cluster: an incident that was published started when another node had the stream already, which reports what happens there. Does nothing
     * for sinks that cannot take a message back.
     */
    default void withdraw(String incident) {}

    /** Live statistics. */
    IncidentStatistics statistics();

    /** Persists all published messages, delivers what it can within a bounded time and releases all resources; a second call does nothing. */
    @Override
    void close();
}
