package io.helmwatch.vision;

/**
 * A change of a stream's state.
 *
 * @param stream the stream's id
 * @param state the new state
 * @param reasonCode the kind of reason
 * @param reason one sentence without secrets; may be empty
 * @param atMillis time of the change, milliseconds since 1970 UTC
 */
public record StreamStatus(String stream, State state, StreamReason reasonCode, String reason, long atMillis) {

    /** A change whose reason has no code. */
    public StreamStatus(String stream, State state, String reason, long atMillis) {
        this(stream, state, StreamReason.NONE, reason, atMillis);
    }

    /** State of a stream, as published. */
    public enum State {
        /** Being opened for the first time. */
        STARTING,
        /** Frames arrive. */
        ONLINE,
        /** Frames arrive, but more of them than usual are corrupt, late or dropped. */
        DEGRADED,
        /** No frames; retried with back-off. */
        OFFLINE,
        /** A file or another finite stream ended, or the stream was stopped. */
        ENDED,
        /** Not retried: the configuration has to be changed. */
        FAILED
    }
}
