package io.helmwatch.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of one cluster, as their topic tells them; nodes of other clusters are ignored. A node that stopped in order is gone, one that was killed
 * is silent: it stays until it has been so for a day.
 *
 * <p>Memory: at most {@value #MOST_NODES} nodes.
 *
 * <p>Threading: {@link #put} by one thread, reading by any.
 */
public final class NodeTable {
    /** Most nodes that are known. */
    public static final int MOST_NODES = 2_000;

    private static final long FORGOTTEN_MILLIS = 24L * 60 * 60 * 1_000;

    private final String cluster;
    private final Map<String, NodeAnnouncement> nodes = new ConcurrentHashMap<>();

    /** No node so far. */
    public NodeTable(String cluster) {
        this.cluster = cluster;
    }

    /**
     * A message of the topic.
     *
     * @param message null for a node that stopped
     */
    public void put(String node, byte @Nullable [] message) {
        NodeAnnouncement said =
                message == null ? null : NodeAnnouncement.read(message).orElse(null);
        if (said == null || !said.cluster().equals(cluster) || !said.node().equals(node)) {
            nodes.remove(node);
        } else if (nodes.containsKey(node) || nodes.size() < MOST_NODES) {
            nodes.put(node, said);
        }
    }

    /** The nodes by name, without those that have been silent for a day. */
    public List<NodeAnnouncement> all(long nowMillis) {
        List<NodeAnnouncement> all = new ArrayList<>(nodes.values());
        all.removeIf(node -> node.isSilent(nowMillis - FORGOTTEN_MILLIS));
        all.sort(Comparator.comparing(NodeAnnouncement::node));
        return all;
    }

    /** A node; empty for one that stopped or was never heard of. */
    public Optional<NodeAnnouncement> find(String node) {
        return Optional.ofNullable(nodes.get(node));
    }
}
