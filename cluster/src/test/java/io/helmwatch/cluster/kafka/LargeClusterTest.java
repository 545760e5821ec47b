package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.NodeShare;
import io.helmwatch.cluster.PlacedCamera;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A site of 200 nodes and 10,000 cameras, with Kafka's own assignor and without a broker. */
class LargeClusterTest {
    private static final Logger LOG = LoggerFactory.getLogger(LargeClusterTest.class);
    private static final String TOPIC = "helmwatch.cameras";
    private static final int NODES = 200;
    private static final int CAMERAS = 10_000;
    private static final int PARTITIONS = 1_024;

    private final CooperativeStickyAssignor assignor = new CooperativeStickyAssignor();
    private final Map<String, List<TopicPartition>> held = new TreeMap<>();
    private int generation;
    private long slowestNanos;

    private final Cluster cluster = new Cluster(
            "site",
            List.of(new Node(0, "broker", 9092)),
            IntStream.range(0, PARTITIONS)
                    .mapToObj(partition -> new PartitionInfo(TOPIC, partition, null, new Node[0], new Node[0]))
                    .toList(),
            Set.of(),
            Set.of());

    /** Rebalances until nothing moves any more, as the members do; returns the partitions that changed their member. */
    private int rebalance() {
        Map<TopicPartition, String> before = owners();
        boolean isStable = false;
        while (!isStable) {
            Map<String, Subscription> members = new HashMap<>();
            held.forEach((member, partitions) -> members.put(
                    member, new Subscription(List.of(TOPIC), null, partitions, generation, Optional.empty())));
            long start = System.nanoTime();
            Map<String, Assignment> assigned =
                    assignor.assign(cluster, new GroupSubscription(members)).groupAssignment();
            slowestNanos = Math.max(slowestNanos, System.nanoTime() - start);
            generation++;
            isStable = true;
            for (Map.Entry<String, Assignment> entry : assigned.entrySet()) {
                List<TopicPartition> partitions = entry.getValue().partitions();
                isStable &=
                        new HashSet<>(partitions).equals(new HashSet<>(held.getOrDefault(entry.getKey(), List.of())));
                held.put(entry.getKey(), new ArrayList<>(partitions));
            }
        }
        Map<TopicPartition, String> after = owners();
        return (int) before.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(after.get(entry.getKey())))
                .count();
    }

    private Map<TopicPartition, String> owners() {
        Map<TopicPartition, String> owners = new HashMap<>();
        held.forEach((member, partitions) -> partitions.forEach(partition -> owners.put(partition, member)));
        return owners;
    }

    private static String member(int node) {
        return ClusterClients.memberId("node-%03d".formatted(node), 0);
    }

    private List<NodeShare> shares() {
        List<NodeShare> shares = new ArrayList<>();
        held.forEach((member, partitions) -> shares.add(new NodeShare(
                ClusterClients.node(member),
                1,
                new HashSet<>(partitions.stream().map(TopicPartition::partition).toList()))));
        return shares;
    }

    private static int[] load(List<NodeShare> shares, List<PlacedCamera> cameras) {
        int[] byPartition = new int[PARTITIONS];
        cameras.forEach(camera -> byPartition[camera.partition()]++);
        return shares.stream()
                .mapToInt(share -> share.partitions().stream()
                        .mapToInt(partition -> byPartition[partition])
                        .sum())
                .sorted()
                .toArray();
    }

    @Test
    void shouldMoveOnlyTheShareOfADeadNodeAndStayBalancedOverManyFailovers() {
        for (int node = 0; node < NODES; node++) {
            held.put(member(node), new ArrayList<>());
        }
        rebalance();
        List<PlacedCamera> cameras = new ArrayList<>();
        CameraPlacement placement = new CameraPlacement(PARTITIONS, List.of(), shares());
        for (int i = 0; i < CAMERAS; i++) {
            cameras.add(new PlacedCamera("cam-" + i, placement.place(), "{}"));
        }
        int[] atFirst = load(shares(), cameras);
        assertThat(atFirst[NODES - 1] - atFirst[0])
                .as("cameras of the fullest and the emptiest node")
                .isLessThanOrEqualTo(1);

        Random random = new Random(1);
        int most = 0;
        for (int failover = 0; failover < 50; failover++) {
            String dead = member(random.nextInt(NODES));
            int lost = held.getOrDefault(dead, List.of()).size();
            if (held.remove(dead) != null) {
                most = Math.max(most, rebalance() - lost);
            }
            held.put(dead, new ArrayList<>());
            rebalance();
        }
        assertThat(most).as("partitions moved beside those of the dead node").isLessThanOrEqualTo(1);

        int[] later = load(shares(), cameras);
        List<CameraPlacement.Move> moves = new CameraPlacement(PARTITIONS, cameras, shares()).moves(cameras, CAMERAS);
        LOG.info(
                "{} nodes, {} cameras, {} partitions: {} to {} cameras a node, after 50 failovers {} to {}, {} moves even them out; slowest assignment {} ms",
                NODES,
                CAMERAS,
                PARTITIONS,
                atFirst[0],
                atFirst[NODES - 1],
                later[0],
                later[NODES - 1],
                moves.size(),
                TimeUnit.NANOSECONDS.toMillis(slowestNanos));
        assertThat(later[NODES - 1])
                .as("the fullest node has at most a third more than its share")
                .isLessThanOrEqualTo(CAMERAS / NODES * 4 / 3);
    }
}
