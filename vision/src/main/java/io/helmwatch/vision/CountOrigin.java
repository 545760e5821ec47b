package io.helmwatch.vision;

/**
 * Which node of a cluster counted heads, and whether it knew that it had the stream.
 *
 * @param node the node and its epoch
 * @param isIsolated counted while the node did not hear from the broker, so that another node may have counted the same heads
 * @param isSuperseded another node had taken the stream over: the counts must not be summed
 */
public record CountOrigin(NodeEpoch node, boolean isIsolated, boolean isSuperseded) {

    /** Counts of a node that knows whether it has the stream, or does not. */
    public CountOrigin(NodeEpoch node, boolean isIsolated) {
        this(node, isIsolated, false);
    }

    /** The same, known to be superseded. */
    public CountOrigin superseded() {
        return new CountOrigin(node, isIsolated, true);
    }
}
