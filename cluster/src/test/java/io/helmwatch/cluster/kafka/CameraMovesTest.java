package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.cluster.MoveStatistics;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.vision.NodeEpoch;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cameras that move from one node to another: since their node cannot reach them, to even out, or as ordered. */
@Timeout(60)
class CameraMovesTest extends NodesOfACluster {
    @Test
    void shouldTakeOverCamerasThatTheirNodeCannotReachAndLeaveThoseThatNobodyReaches() {
        CameraDirectory directory = directory();
        put(directory, 4);
        RecordingRunner blind = start("blind", 1);
        awaitAll(4, blind);
        RecordingRunner other = new RecordingRunner();
        ClusterNode node = start("other", 1, other);
        await().until(() -> other.running.size() == 2);
        awaitAll(4, blind, other);
        List<String> affected = List.copyOf(blind.running.keySet());
        String dead = affected.get(1);
        other.unreachable.add(dead);
        publish("offline", affected, new NodeEpoch("blind", 1));
        String taken = affected.get(0);

        await().atMost(30, TimeUnit.SECONDS).until(() -> other.running.containsKey(taken));
        assertThat(other.takenOver.get(taken))
                .as("whoever was told that it is offline is to be told that it is back")
                .isEqualTo("no route since 1795176000000");
        await().until(() -> other.tried.contains(dead));
        await().until(() -> blind.log.contains("abandon " + taken));
        assertThat(blind.running).containsOnlyKeys(dead);
        assertThat(node.ownership().origin(taken).epoch()).isGreaterThan(1);
        assertThat(directory.copies().get(taken))
                .singleElement()
                .satisfies(copy ->
                        assertThat(copy.recentMoves(System.currentTimeMillis())).isEqualTo(1));
        assertThat(directory.copies().get(dead))
                .singleElement()
                .satisfies(copy -> assertThat(copy.moves()).isZero());
    }

    @Test
    void shouldLeaveACameraThatIsInTwoPartitionsToTheNodeThatTookItLast() {
        CameraDirectory directory = directory();
        put(directory, PARTITIONS);
        RecordingRunner first = start("first", 1);
        RecordingRunner second = start("second", 1);
        awaitAll(PARTITIONS, first, second);
        await().until(() -> partitionsOf(directory, "first").size() == PARTITIONS / 2
                && partitionsOf(directory, "second").size() == PARTITIONS / 2);
        awaitAll(PARTITIONS, first, second);
        PlacedCamera camera = directory.cameras().stream()
                .filter(placed -> first.running.containsKey(placed.id()))
                .findFirst()
                .orElseThrow();
        int elsewhere = partitionsOf(directory, "second").iterator().next();

        directory.put(new PlacedCamera(camera.id(), elsewhere, camera.settings()));
        await().until(() -> second.running.containsKey(camera.id()));
        publish("online", List.of(camera.id()), new NodeEpoch("second", 50));

        await().atMost(20, TimeUnit.SECONDS).until(() -> first.log.contains("abandon " + camera.id()));
        assertThat(directory.copies().get(camera.id()))
                .singleElement()
                .satisfies(copy -> assertThat(copy.camera().partition()).isEqualTo(elsewhere));
        assertThat(second.running).containsKey(camera.id());
    }

    @Test
    void shouldEvenOutCamerasByItselfOneAfterTheOtherAndLeaveThoseWithIncidents() {
        rebalance = ClusterConfig.Rebalance.AUTO;
        CameraDirectory directory = directory();
        RecordingRunner first = start("first", 1);
        RecordingRunner second = new RecordingRunner();
        ClusterNode node = start("second", 1, second);
        first.whenReleased = this::publishReleased;
        await().until(() -> partitionsOf(directory, "first").size() == PARTITIONS / 2
                && partitionsOf(directory, "second").size() == PARTITIONS / 2);
        int full = partitionsOf(directory, "first").iterator().next();
        for (int i = 0; i < 8; i++) {
            directory.put(new PlacedCamera("cam-" + i, full, "{\"id\":\"cam-" + i + "\"}"));
        }
        awaitAll(8, first, second);
        publishOpenIncident("cam-7");
        List<String> all = directory.cameras().stream().map(PlacedCamera::id).toList();
        publish("online", all, new NodeEpoch("first", 1));

        await().atMost(30, TimeUnit.SECONDS).until(() -> !second.running.isEmpty());
        String moved = second.running.keySet().iterator().next();
        assertThat(second.running)
                .as("the next one follows when the one before is online")
                .hasSize(1);
        for (int i = 2; i <= 4; i++) {
            publish("online", List.copyOf(second.running.keySet()), new NodeEpoch("second", 1_000 + i));
            int expected = i;
            await().atMost(30, TimeUnit.SECONDS).until(() -> second.running.size() == expected);
        }

        awaitAll(8, first, second);
        assertThat(first.running).hasSize(4).containsKey("cam-7");
        assertThat(first.log).contains("release " + moved);
        assertThat(directory.copies().get(moved))
                .singleElement()
                .satisfies(copy -> assertThat(copy.moves()).isZero());
        assertThat(node.statistics().moves().moves(MoveStatistics.Cause.REBALANCE))
                .isEqualTo(4);
    }

    @Test
    void shouldMoveCameraInOrderAlthoughItsMoverDiesAfterTheOnlyRecordThatItWrites() {
        CameraDirectory directory = directory();
        RecordingRunner first = start("first", 1);
        RecordingRunner second = start("second", 1);
        PlacedCamera camera = putOnFirst(directory, first, second);
        int elsewhere = partitionsOf(directory, "second").iterator().next();
        publish("online", List.of(camera.id()), new NodeEpoch("first", 1));

        directory.order(camera, elsewhere);
        directory.close();
        await().until(() -> first.log.contains("release " + camera.id()));
        assertThat(second.running)
                .as("waits until the node that had it has said that it stopped")
                .isEmpty();
        publishReleased(List.of(camera.id()));

        awaitAll(1, second);
        assertThat(first.log).containsExactly("start " + camera.id(), "release " + camera.id());
        assertThat(opened.register(new CameraDirectory(kafka, cluster("cli", 1)))
                        .cameras())
                .containsExactly(new PlacedCamera(camera.id(), elsewhere, camera.settings()));
    }

    @Test
    void shouldMoveCameraInOrderWhateverTheClockOfItsMoverSays() throws Exception {
        CameraDirectory directory = directory();
        RecordingRunner first = start("first", 1);
        RecordingRunner second = start("second", 1);
        PlacedCamera camera = putOnFirst(directory, first, second);
        int elsewhere = partitionsOf(directory, "second").iterator().next();
        publish("online", List.of(camera.id()), new NodeEpoch("first", 1));
        long hourAgo = System.currentTimeMillis() - Duration.ofHours(1).toMillis();
        ProducerRecord<byte[], byte[]> order = new ProducerRecord<>(
                name + ".cameras", elsewhere, hourAgo, bytes(camera.id()), bytes(camera.settings()));
        order.headers().add("moved-from", bytes(Integer.toString(camera.partition())));

        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ClusterClients.producer(kafka, "slow"))) {
            producer.send(order).get();
        }

        await().until(() -> first.log.contains("release " + camera.id()));
        assertThat(second.running).isEmpty();
        publishReleased(List.of(camera.id()));
        awaitAll(1, second);
    }

    @Test
    void shouldKeepCameraWhoseNewNodeEndsAfterItWasReleasedAndBeforeItStarts() {
        CameraDirectory directory = directory();
        RecordingRunner first = start("first", 1);
        RecordingRunner second = new RecordingRunner();
        ClusterNode node = start("second", 1, second);
        PlacedCamera camera = putOnFirst(directory, first, second);
        publish("online", List.of(camera.id()), new NodeEpoch("first", 1));

        directory.order(camera, partitionsOf(directory, "second").iterator().next());
        await().until(() -> first.log.contains("release " + camera.id()));
        assertThat(all(first, second)).as("nobody has it").isEmpty();
        node.close();

        awaitAll(1, first);
        assertThat(second.log).isEmpty();
    }

    /** A camera in a partition of the first of two nodes, which have shared the partitions. */
    private static PlacedCamera putOnFirst(CameraDirectory directory, RecordingRunner first, RecordingRunner second) {
        await().until(() -> partitionsOf(directory, "first").size() == PARTITIONS / 2
                && partitionsOf(directory, "second").size() == PARTITIONS / 2);
        PlacedCamera camera = new PlacedCamera(
                "gate", partitionsOf(directory, "first").iterator().next(), "{\"id\":\"gate\"}");
        directory.put(camera);
        awaitAll(1, first, second);
        assertThat(first.running).hasSize(1);
        return camera;
    }

    /** As the sinks of a node that has stopped cameras. */
    private void publishReleased(Collection<String> cameras) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ClusterClients.producer(kafka, "states"))) {
            cameras.forEach(
                    camera -> producer.send(new ProducerRecord<>(kafka.topics().streams(), bytes(camera), null)));
        }
    }

    private void publishOpenIncident(String camera) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ClusterClients.producer(kafka, "open"))) {
            producer.send(new ProducerRecord<>(
                    name + ".open",
                    bytes(camera + "/1/r/1"),
                    bytes("{\"stream\":\"" + camera + "\",\"node\":\"first\",\"epoch\":1}")));
        }
    }

    /** As the sinks of a node publish the states of its streams. */
    private void publish(String state, List<String> cameras, NodeEpoch origin) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ClusterClients.producer(kafka, "states"))) {
            for (String camera : cameras) {
                String message =
                        ("{\"stream\":\"%s\",\"state\":\"%s\",\"reason\":\"no route\",\"reasonCode\":\"connection\","
                                        + "\"changedAt\":\"2026-11-20T12:00:00.000Z\",\"node\":\"%s\","
                                        + "\"epoch\":%d,\"validUntil\":\"2999-01-01T00:00:00.000Z\"}")
                                .formatted(camera, state, origin.node(), origin.epoch());
                producer.send(new ProducerRecord<>(kafka.topics().streams(), bytes(camera), bytes(message)));
            }
        }
    }
}
