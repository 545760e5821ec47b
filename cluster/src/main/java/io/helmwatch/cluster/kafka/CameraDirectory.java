package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.Arrival;
import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.NodeShare;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.cluster.StreamEpochTable;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.NodeEpoch;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;

/**
 * The cameras of a cluster, to be read and changed from outside of its nodes: what the commands {@code cameras} and {@code nodes} work on.
 *
 * <p>Every method throws an {@link IllegalStateException} with one sentence when the broker does not answer or refuses.
 *
 * <p>Threading: one thread.
 */
public final class CameraDirectory implements AutoCloseable {
    private static final long CHECK_MILLIS = 100;
    private static final Duration POLL = Duration.ofMillis(500);

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final Duration timeout;
    private final Closer owned = new Closer();
    private final Admin admin;
    private final CameraRecords records;

    /** Connects; topics that are missing are created where that is allowed. */
    public CameraDirectory(KafkaConfig kafka, ClusterConfig cluster) {
        this(kafka, cluster, ClusterClients.COMMAND_TIMEOUT);
    }

    /**
     * Connects.
     *
     * @param timeout longest wait for each answer
     */
    CameraDirectory(KafkaConfig kafka, ClusterConfig cluster, Duration timeout) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.timeout = timeout;
        try (Closer opened = new Closer()) {
            admin = opened.register(Admin.create(ClusterClients.admin(kafka, timeout)));
            ClusterTopics.ensure(admin, kafka, cluster, timeout);
            owned.register(opened.transfer());
            records = owned.register(new CameraRecords(kafka, cluster, timeout));
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            throw ClusterClients.failure(kafka, cluster, e);
        } catch (InterruptedException e) {
            throw ClusterClients.interrupted(e);
        }
    }

    /** Number of partitions of the topic of cameras. */
    public int partitions() {
        try {
            return admin
                    .describeTopics(List.of(cluster.camerasTopic()))
                    .allTopicNames()
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .values()
                    .stream()
                    .mapToInt(topic -> topic.partitions().size())
                    .sum();
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            throw ClusterClients.failure(kafka, cluster, e);
        } catch (InterruptedException e) {
            throw ClusterClients.interrupted(e);
        }
    }

    /** All cameras by id; one that is in two partitions first in that to which it moves. */
    public List<PlacedCamera> cameras() {
        return copies().values().stream()
                .flatMap(List::stream)
                .sorted(Comparator.comparing(
                                (CameraRecords.Copy copy) -> copy.camera().id())
                        .thenComparing(copy -> copy.from() == CameraRecords.NOWHERE)
                        .thenComparing(copy -> copy.camera().partition()))
                .map(CameraRecords.Copy::camera)
                .toList();
    }

    /** Every camera in every partition that has it, by id. */
    Map<String, List<CameraRecords.Copy>> copies() {
        Map<String, CameraRecords.Copy> cameras = new HashMap<>();
        read(cluster.camerasTopic(), (key, record) -> {
            String place = record.partition() + "/" + key;
            if (record.value() == null) {
                cameras.remove(place);
            } else {
                cameras.put(place, CameraRecords.read(key, record));
            }
        });
        return cameras.values().stream()
                .collect(Collectors.groupingBy(copy -> copy.camera().id()));
    }

    /** The last states of the streams of all nodes. */
    public StreamEpochTable states() {
        StreamEpochTable states = new StreamEpochTable();
        read(kafka.topics().streams(), (key, record) -> states.put(key, record.value(), Arrival.now(false)));
        return states;
    }

    /** What nodes say of themselves, JSON by name; a killed one is past its {@code validUntil}. */
    public Map<String, String> announcements() {
        Map<String, String> nodes = new LinkedHashMap<>();
        read(cluster.nodesTopic(), (key, record) -> {
            if (record.value() == null) {
                nodes.remove(key);
            } else {
                nodes.put(key, new String(record.value(), StandardCharsets.UTF_8));
            }
        });
        return nodes;
    }

    /**
     * Reads a topic up to where it ends now.
     *
     * @param receiver receives each record that has a key
     * @throws IllegalStateException when nothing comes for longer than the timeout: a consumer never reports by itself that its broker is away
     */
    void read(String topic, BiConsumer<String, ConsumerRecord<byte[], byte[]>> receiver) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(ClusterClients.consumer(kafka, "helmwatch-cameras", timeout))) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long left = left(consumer, ends);
            long progressNanos = System.nanoTime();
            while (left > 0) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.key() != null) {
                        receiver.accept(new String(record.key(), StandardCharsets.UTF_8), record);
                    }
                }
                long before = left;
                left = left(consumer, ends);
                if (left < before) {
                    progressNanos = System.nanoTime();
                } else if (System.nanoTime() - progressNanos >= timeout.toNanos()) {
                    throw new KafkaException("topic " + topic + " was not read to its end: " + left
                            + " more offsets expected, nothing received for " + timeout.toSeconds()
                            + " s; check that the broker is running and can be reached, then try again");
                }
            }
        } catch (KafkaException e) {
            throw ClusterClients.failure(kafka, cluster, e);
        }
    }

    /** Offsets between the consumer and the ends; the last ones may be without a record. */
    private static long left(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .mapToLong(end -> Math.max(0, end.getValue() - consumer.position(end.getKey())))
                .sum();
    }

    /** The nodes in the group and what they hold; empty while none runs. */
    public List<NodeShare> nodes() {
        Collection<ConsumerGroupDescription> groups;
        try {
            groups = admin.describeConsumerGroups(List.of(ClusterClients.group(cluster)))
                    .all()
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .values();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return List.of();
            }
            throw ClusterClients.failure(kafka, cluster, e);
        } catch (TimeoutException | KafkaException e) {
            throw ClusterClients.failure(kafka, cluster, e);
        } catch (InterruptedException e) {
            throw ClusterClients.interrupted(e);
        }
        Map<String, Integer> weights = new LinkedHashMap<>();
        Map<String, Set<Integer>> partitions = new HashMap<>();
        for (ConsumerGroupDescription group : groups) {
            for (MemberDescription member : group.members()) {
                String node = ClusterClients.node(member.clientId());
                weights.merge(node, 1, Integer::sum);
                Set<Integer> held = partitions.computeIfAbsent(node, name -> new HashSet<>());
                member.assignment().topicPartitions().forEach(partition -> held.add(partition.partition()));
            }
        }
        List<NodeShare> nodes = new ArrayList<>();
        weights.forEach(
                (node, weight) -> nodes.add(new NodeShare(node, weight, partitions.getOrDefault(node, Set.of()))));
        nodes.sort(Comparator.comparing(NodeShare::node));
        return nodes;
    }

    /** Writes a camera. */
    public void put(PlacedCamera camera) {
        records.put(camera);
    }

    /**
     * Removes a camera.
     *
     * @param isLast whether it is in no other partition, so that its state is removed too
     */
    public void remove(PlacedCamera camera, boolean isLast) {
        records.remove(camera.id(), camera.partition());
        if (isLast) {
            records.removeState(camera.id());
        }
    }

    /**
     * Moves a camera to another partition in order, and waits until the node that has it has released it.
     *
     * @param longestMillis longest time to wait
     * @return whether it was released; if not, the camera is analysed where it is until the node that holds the other partition takes it
     */
    public boolean move(CameraPlacement.Move move, long longestMillis) {
        String camera = move.camera().id();
        NodeEpoch owner = states().newest(camera);
        order(move.camera(), move.toPartition());
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(longestMillis);
        try {
            while (System.nanoTime() - until < 0) {
                TimeUnit.MILLISECONDS.sleep(CHECK_MILLIS);
                if (!isIn(camera, move.camera().partition()) && hasReleased(camera, owner)) {
                    return true;
                }
            }
            return false;
        } catch (InterruptedException e) {
            throw ClusterClients.interrupted(e);
        }
    }

    /**
     * Orders that a camera moves to another partition. This is one record, so that no crash loses a camera: the node that holds the other partition does the
     * rest, see {@link CameraArrivals}.
     */
    void order(PlacedCamera camera, int toPartition) {
        records.putMoved(camera, toPartition);
    }

    private boolean isIn(String camera, int partition) {
        return copies().getOrDefault(camera, List.of()).stream()
                .anyMatch(copy -> copy.camera().partition() == partition);
    }

    private boolean hasReleased(String camera, @Nullable NodeEpoch owner) {
        StreamEpochTable states = states();
        return owner == null
                || !owner.equals(states.newest(camera))
                || states.isReleased(camera, System.currentTimeMillis());
    }

    /**
     * Removes a camera from a partition, so that the node that has it releases it in order.
     *
     * @param toPartition where it is now
     */
    void askForRelease(String camera, int partition, int toPartition) {
        records.moveOut(camera, partition, toPartition, null);
    }

    /**
     * Moves a camera to another partition without waiting for the node that has it, which cannot reach it: into that partition, then out of its own.
     *
     * @param toPartition a partition of the node that takes it
     * @param node that node
     */
    void take(CameraRecords.Copy copy, int toPartition, String node) {
        records.putTaken(copy, toPartition);
        giveUp(copy.camera().id(), copy.camera().partition(), toPartition, node);
    }

    /**
     * Removes a camera from a partition.
     *
     * @param toPartition where it is now
     * @param node who has it there
     */
    void giveUp(String camera, int partition, int toPartition, String node) {
        records.moveOut(camera, partition, toPartition, node);
    }

    @Override
    public void close() {
        owned.close();
    }
}
