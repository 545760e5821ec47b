package io.helmwatch.sinks.kafka;

import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamStatus;
import org.jspecify.annotations.Nullable;

/** A message about a stream's state; compared by identity. Threading: immutable. */
final class StatusMessage {
    final Reason reason;
    final String stream;
    /** Null for a removal. */
    final @Nullable StreamStatus status;
    /** When the state was changed, renewed, released or removed; milliseconds since 1970. */
    final long atMillis;
    /** The node that has the stream; null without a cluster. */
    final @Nullable NodeEpoch origin;

    /** Why a state is sent. */
    enum Reason {
        /** The stream changed its state. */
        CHANGE,
        /** The state continues. */
        RENEWAL,
        /** This process stops watching the stream: the state expires at once. */
        RELEASE,
        /** The stream no longer exists. */
        REMOVAL
    }

    private StatusMessage(
            Reason reason, String stream, @Nullable StreamStatus status, long atMillis, @Nullable NodeEpoch origin) {
        this.reason = reason;
        this.stream = stream;
        this.status = status;
        this.atMillis = atMillis;
        this.origin = origin;
    }

    static StatusMessage change(StreamStatus status, @Nullable NodeEpoch origin) {
        return new StatusMessage(Reason.CHANGE, status.stream(), status, status.atMillis(), origin);
    }

    static StatusMessage removal(String stream, long atMillis, @Nullable NodeEpoch origin) {
        return new StatusMessage(Reason.REMOVAL, stream, null, atMillis, origin);
    }

    /** The same state, sent again for another reason. */
    StatusMessage again(Reason why, long nowMillis) {
        return new StatusMessage(why, stream, status, nowMillis, origin);
    }

    /** Whether nothing more is sent of the stream after this. */
    boolean isLast() {
        return reason == Reason.REMOVAL || reason == Reason.RELEASE;
    }
}
