package io.helmwatch.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of one cluster, as their topic tells them, with times by the clock of this machine; nodes of other clusters are ignored. A node that stopped in
 * order is gone, one that was killed is silent: it stays until it has been so for a day.
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
    public void put(String node, byte @Nullable [] message, Arrival arrival) {
        NodeAnnouncement said =
                message == null ? null : NodeAnnouncement.read(message).orElse(null);
        if (said == null || !said.cluster().equals(cluster) || !said.node().equals(node)) {
            nodes.remove(node);
        } else if (nodes.containsKey(node) || nodes.size() < MOST_NODES) {
            nodes.put(node, said.heard(arrival));
        }
    }

    /** The nodes by name, without those that have been silent for a day. */
    public List<NodeAnnouncement> all(long nowMillis) {
        List<NodeAnnouncement> all = new ArrayList<>(nodes.values());
        all.removeIf(node -> node.isSilent(nowMillis - FORGOTTEN_MILLIS));
        all.sort(Comparator.comparing(NodeAnnouncement::node));
        return all;
    }

    /**
     * Cameras that the fullest node has beyond its share, which goes by weight: how uneven the cluster is. NaN while no node that has partitions is
     * known.
     */
    public double surplus(long nowMillis) {
        List<NodeAnnouncement> all = nodes.values().stream()
                .filter(node -> node.partitions() > 0 && !node.isSilent(nowMillis))
                .toList();
        double cameras = all.stream().mapToInt(NodeAnnouncement::cameras).sum();
        int weights = all.stream().mapToInt(NodeAnnouncement::weight).sum();
        return all.stream()
                .mapToDouble(node -> node.cameras() - cameras * node.weight() / weights)
                .max()
                .orElse(Double.NaN);
    }

    /** A node; empty for one that stopped or was never heard of. */
    public Optional<NodeAnnouncement> find(String node) {
        return Optional.ofNullable(nodes.get(node));
    }
}
