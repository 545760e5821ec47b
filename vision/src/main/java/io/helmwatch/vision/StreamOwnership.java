package io.helmwatch.vision;

import org.jspecify.annotations.Nullable;

/**
 * Which streams this node has, as the sinks need it: what their messages are stamped with, and whether a message that waited may still be sent
 * as current.
 *
 * <p>Threading: any thread, without waiting.
 */
public interface StreamOwnership {
    /** Without a cluster: messages name no node, and all are current. */
    StreamOwnership NONE = new StreamOwnership() {
        @Override
        public @Nullable NodeEpoch origin(String stream) {
            return null;
        }

        @Override
        public Verdict verdict(String stream, @Nullable NodeEpoch origin) {
            return Verdict.CURRENT;
        }

        @Override
        public boolean isClustered() {
            return false;
        }
    };

    /** What becomes of a message. */
    enum Verdict {
        /** This node has the stream, or gave it up and no other node has taken it over. */
        CURRENT,
        /** Another node, or this one later, has taken the stream over since. */
        SUPERSEDED,
        /** Not known while this node does not hear from the broker: the message waits. */
        UNDECIDED
    }

    /** What messages about a stream are stamped with now; null for a stream that this node does not have, and without a cluster. */
    @Nullable
    NodeEpoch origin(String stream);

    /**
     * Whether a message may be sent as current.
     *
     * @param origin its stamp; null for one without
     */
    Verdict verdict(String stream, @Nullable NodeEpoch origin);

    /** Whether this process is a node of a cluster. */
    default boolean isClustered() {
        return true;
    }
}
