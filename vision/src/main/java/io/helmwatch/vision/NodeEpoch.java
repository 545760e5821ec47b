package io.helmwatch.vision;

/**
 * Which node of a cluster produces the messages of a stream, and since which hand-over. Of two messages about one stream, the one with the
 * larger epoch is from the node that took the stream over later.
 *
 * @param node name of the node
 * @param epoch grows whenever the stream is started on a node; at least the generation of the consumer group at that time
 */
public record NodeEpoch(String node, long epoch) {
    /** Largest epoch of a message, which every JSON reader has exactly; a larger one is not one of ours, and nothing could follow it. */
    public static final long LARGEST = 1L << 53;
}
