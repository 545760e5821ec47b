package io.helmwatch.vision;

/**
 * A change of a stream's state.
 *
 * @param stream the stream's id
 * @param state the state entered
 * @param reason one sentence without secrets; empty when there is nothing to say
 * @param atMillis when, milliseconds since 1970 UTC
 */
public record StreamStatus(String stream, State state, String reason, long atMillis) {

    /** What a consumer may rely on. */
    public enum State {
        /** Being opened for the first time. */
        STARTING,
        /** Frames arrive. */
        ONLINE,
        /** Frames arrive, but damaged, late or dropped beyond what is normal. */
        DEGRADED,
        /** No frames; being retried. */
        OFFLINE,
        /** A file or finite stream came to its end, or the stream was stopped. */
        ENDED,
        /** Will not be retried: the configuration has to change. */
        FAILED
    }
}
