package io.helmwatch.cluster;

/** Is told that other nodes are lost, and that this node is back. Threading: one thread. */
public interface NodeListener {

    /**
     * A node was killed, hangs or is cut off. In a cluster one node is told; after a crash of that one between this call and its message about it,
     * another is told the same.
     *
     * @param node the node as it announced itself last
     * @return whether that was stored; false has it called again
     */
    boolean lost(NodeAnnouncement node);

    /**
     * This node is back, after another was told that it is lost.
     *
     * @param heardMillis when it had announced itself last before it was lost, milliseconds since 1970 UTC
     * @return whether that was stored; false has it called again
     */
    boolean back(long heardMillis);
}
