package io.helmwatch.config.cluster;

import io.helmwatch.config.secret.Secret;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The cluster that this node is part of: several processes that share cameras.
 *
 * @param name the cluster's name; nodes of the same name share cameras
 * @param node name of this node, different from that of every other node
 * @param weight share of the cameras that this node takes, compared with the others
 * @param sessionTimeout how long the broker waits for a node before its cameras go to others
 * @param handOverAfter how long a camera must be out of a node's reach before other nodes try it
 * @param rebalance who evens out the number of cameras of the nodes
 * @param rebalanceAfter how long no partition must have moved before that happens by itself
 * @param camerasTopic topic of the cameras, compacted
 * @param partitions partitions of that topic when it is created: units in which cameras move between nodes
 * @param openIncidentsTopic topic of the open incidents, compacted
 * @param nodesTopic topic of the nodes, compacted
 * @param acknowledgementsTopic topic of the acknowledgements of incidents, compacted, one partition
 * @param folder base of relative paths in the settings of cameras
 * @param address where the other nodes reach this node's desk, host:port; null for where it listens
 * @param secret by which the nodes' desks know each other, the same on every node; null where they do not pass pictures on
 * @param tlsCaFile certificates that signed those of the nodes' desks; null for those that Java trusts
 */
public record ClusterConfig(
        String name,
        String node,
        int weight,
        Duration sessionTimeout,
        Duration handOverAfter,
        Rebalance rebalance,
        Duration rebalanceAfter,
        String camerasTopic,
        int partitions,
        String openIncidentsTopic,
        String nodesTopic,
        String acknowledgementsTopic,
        Path folder,
        @Nullable String address,
        @Nullable Secret secret,
        @Nullable Path tlsCaFile) {

    /** Shortest session timeout: what brokers allow by default. */
    public static final Duration MIN_SESSION_TIMEOUT = Duration.ofSeconds(6);

    /** Who evens out the number of cameras of the nodes. */
    public enum Rebalance {
        /** The command {@code cameras rebalance}. */
        MANUAL,
        /** A node, when nothing has changed for a time. */
        AUTO
    }

    /** A node with the defaults. */
    public static ClusterConfig of(String name, String node) {
        return new ClusterConfig(
                name,
                node,
                1,
                MIN_SESSION_TIMEOUT,
                Duration.ofSeconds(15),
                Rebalance.MANUAL,
                Duration.ofMinutes(10),
                "helmwatch.cameras",
                64,
                "helmwatch.incidents.open",
                "helmwatch.nodes",
                "helmwatch.acknowledgements",
                Path.of(""),
                null,
                null,
                null);
    }
}
