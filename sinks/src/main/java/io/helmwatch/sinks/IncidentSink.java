package io.helmwatch.sinks;

import io.helmwatch.vision.Incident;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the rules found. Never blocks for long and never throws: what cannot be kept is counted.
 *
 * <p>Threading: {@link #publish} by one thread at a time per stream; {@link #close} once, after the last publish.
 */
public interface IncidentSink extends AutoCloseable {

    /** Hands over a message whose picture may still be in the making; messages stay in the order in which they are handed over. */
    void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot);

    /** Hands over a message without a picture. */
    default void publish(Incident incident) {
        publish(incident, CompletableFuture.completedFuture(null));
    }

    /** What became of the messages. */
    IncidentStatistics statistics();

    /** Makes durable what was handed over, delivers what it can within a bounded time, and frees everything; a second call does nothing. */
    @Override
    void close();
}
