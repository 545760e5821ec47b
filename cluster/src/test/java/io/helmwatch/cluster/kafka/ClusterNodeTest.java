package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.ClusterView;
import io.helmwatch.cluster.MoveStatistics;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.cluster.NodeShare;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership.Verdict;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes in this process, and a real broker that lets members time out after a second. */
@Timeout(60)
class ClusterNodeTest {
    private static final Duration SESSION = Duration.ofSeconds(2);
    private static final int PARTITIONS = 16;

    private static EmbeddedKafka broker;
    private static int clusters;

    private final Closer opened = new Closer();
    private ClusterConfig.Rebalance rebalance = ClusterConfig.Rebalance.MANUAL;
    private final String name = "c" + clusters++;
    private final KafkaConfig kafka = kafka();

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedKafka.start(null, 0, Map.of("group.min.session.timeout.ms", "500"));
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @AfterEach
    void close() {
        opened.close();
    }

    private KafkaConfig kafka() {
        KafkaConfig usual = KafkaConfig.DEFAULT;
        return new KafkaConfig(
                true,
                broker.bootstrapServers(),
                false,
                null,
                0,
                name + ".detections",
                name + ".events",
                name + ".streams",
                true,
                usual.queueCapacity(),
                Map.of());
    }

    private ClusterConfig cluster(String node, int weight) {
        return new ClusterConfig(
                name,
                node,
                weight,
                SESSION,
                Duration.ofSeconds(1),
                rebalance,
                Duration.ofSeconds(1),
                name + ".cameras",
                PARTITIONS,
                name + ".open",
                name + ".nodes",
                name + ".acknowledgements",
                Path.of(""),
                null,
                null,
                null);
    }

    private RecordingRunner start(String node, int weight) {
        RecordingRunner runner = new RecordingRunner();
        start(node, weight, runner);
        return runner;
    }

    private ClusterNode start(String node, int weight, RecordingRunner runner) {
        ClusterNode started = opened.register(new ClusterNode(kafka, cluster(node, weight)));
        started.start(runner, new ClusterNode.Identity("test", "", false, () -> NodeLoad.UNKNOWN));
        return started;
    }

    /** The topic of stream states belongs to the sinks. */
    private CameraDirectory directory() {
        try (Admin admin = Admin.create(ClusterClients.admin(kafka, ClusterClients.TIMEOUT))) {
            admin.createTopics(List.of(new NewTopic(kafka.streamsTopic(), 1, (short) 1)
                            .configs(Map.of("cleanup.policy", "compact"))))
                    .all()
                    .get(5, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return opened.register(new CameraDirectory(kafka, cluster("cli", 1)));
    }

    private static void put(CameraDirectory directory, int count) {
        CameraPlacement placement = new CameraPlacement(directory.partitions(), List.of(), directory.nodes());
        for (int i = 0; i < count; i++) {
            directory.put(new PlacedCamera("cam-" + i, placement.place(), "{\"id\":\"cam-" + i + "\"}"));
        }
    }

    private static List<String> all(RecordingRunner... runners) {
        List<String> cameras = new ArrayList<>();
        for (RecordingRunner runner : runners) {
            cameras.addAll(runner.running.keySet());
        }
        return cameras;
    }

    private static void awaitAll(int count, RecordingRunner... runners) {
        await().atMost(20, TimeUnit.SECONDS)
                .pollInterval(20, TimeUnit.MILLISECONDS)
                .untilAsserted(() -> {
                    List<String> cameras = all(runners);
                    assertThat(cameras).hasSize(count);
                    assertThat(Set.copyOf(cameras)).hasSize(count);
                });
    }

    @Test
    void shouldShareCamerasAndTakeOverThoseOfANodeThatStops() {
        CameraDirectory directory = directory();
        put(directory, 16);
        RecordingRunner first = start("first", 1);
        awaitAll(16, first);
        RecordingRunner second = new RecordingRunner();
        ClusterNode node = start("second", 1, second);
        await().untilAsserted(() -> assertThat(second.running).hasSize(8));
        awaitAll(16, first, second);

        assertThat(first.log.stream().filter(line -> line.startsWith("release ")))
                .as("cameras that move are released by who has them, and no others")
                .hasSize(8);
        node.close();

        long start = System.nanoTime();
        awaitAll(16, first);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("a node that stops leaves the group: nobody waits for its session")
                .isLessThan(SESSION.multipliedBy(2));
    }

    @Test
    void shouldGiveNodeOfWeightThreeThreeTimesTheCameras() {
        CameraDirectory directory = directory();
        put(directory, 16);
        RecordingRunner light = start("light", 1);
        RecordingRunner heavy = start("heavy", 3);

        await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
            assertThat(light.running).hasSize(4);
            assertThat(heavy.running).hasSize(12);
        });
        assertThat(directory.nodes())
                .extracting(NodeShare::node, NodeShare::weight)
                .containsExactly(tuple("heavy", 3), tuple("light", 1));
        await().untilAsserted(() -> assertThat(directory.announcements()).containsOnlyKeys("heavy", "light"));
    }

    @Test
    void shouldAddChangeMoveAndRemoveCamerasWhileItRuns() {
        CameraDirectory directory = directory();
        RecordingRunner runner = new RecordingRunner();
        ClusterNode node = start("only", 1, runner);
        PlacedCamera gate = new PlacedCamera("gate", 3, "{\"id\":\"gate\"}");
        directory.put(gate);
        awaitAll(1, runner);
        NodeEpoch first = node.ownership().origin("gate");

        directory.put(new PlacedCamera("gate", 3, "{\"id\":\"gate\",\"loop\":true}"));
        await().until(() -> runner.log.contains("change gate"));
        assertThat(node.ownership().origin("gate")).isEqualTo(first);
        assertThat(directory.move(new CameraPlacement.Move(gate, 7), 20_000)).isTrue();
        await().until(() -> runner.log.size() >= 3 && runner.running.containsKey("gate"));
        directory.remove(new PlacedCamera("gate", 7, ""), true);
        await().until(() -> runner.running.isEmpty());

        assertThat(runner.log).startsWith("start gate", "change gate").endsWith("remove gate");
        assertThat(directory.cameras()).isEmpty();
    }

    @Test
    void shouldEndIncidentsOfANodeBeforeAndStampWithAnEpochAboveAllKnown() throws Exception {
        CameraDirectory directory = directory();
        put(directory, 1);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ClusterClients.producer(kafka, "dead"))) {
            String state = "{\"stream\":\"cam-0\",\"state\":\"online\",\"node\":\"dead\",\"epoch\":41}";
            producer.send(new ProducerRecord<>(kafka.streamsTopic(), bytes("cam-0"), bytes(state)))
                    .get();
            producer.send(new ProducerRecord<>(
                            name + ".open", bytes("cam-0/1/r/1"), bytes("{\"stream\":\"cam-0\",\"epoch\":41}")))
                    .get();
        }
        RecordingRunner runner = new RecordingRunner();
        ClusterNode node = start("heir", 1, runner);

        awaitAll(1, runner);
        await().untilAsserted(() -> assertThat(runner.log)
                .containsExactly("start cam-0", "end {\"stream\":\"cam-0\",\"epoch\":41} by heir"));
        assertThat(node.ownership().origin("cam-0")).isEqualTo(new NodeEpoch("heir", 42));
        assertThat(node.ownership().verdict("cam-0", new NodeEpoch("dead", 41))).isEqualTo(Verdict.SUPERSEDED);
    }

    @Test
    void shouldHoldMessagesWhileTheBrokerIsAwayAndGoOnAsTheSameMemberAfterwards() {
        CameraDirectory directory = directory();
        put(directory, 4);
        RecordingRunner runner = new RecordingRunner();
        ClusterNode node = start("only", 1, runner);
        awaitAll(4, runner);
        NodeEpoch origin = node.ownership().origin("cam-1");
        await().until(() -> node.ownership().verdict("cam-1", origin) == Verdict.CURRENT);

        broker.stop();
        await().atMost(10, TimeUnit.SECONDS)
                .until(() -> node.ownership().verdict("cam-1", origin) == Verdict.UNDECIDED);
        assertThat(runner.running).as("goes on analysing").hasSize(4);
        broker.restart();

        await().atMost(20, TimeUnit.SECONDS).until(() -> node.ownership().verdict("cam-1", origin) == Verdict.CURRENT);
        assertThat(runner.running).hasSize(4);
    }

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
            cameras.forEach(camera -> producer.send(new ProducerRecord<>(kafka.streamsTopic(), bytes(camera), null)));
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

    private static Set<Integer> partitionsOf(CameraDirectory directory, String node) {
        return directory.nodes().stream()
                .filter(share -> share.node().equals(node))
                .findFirst()
                .map(NodeShare::partitions)
                .orElse(Set.of());
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
                producer.send(new ProducerRecord<>(kafka.streamsTopic(), bytes(camera), bytes(message)));
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void shouldShowCamerasAndNodesOfTheWholeClusterAndHowItsMembershipIs() {
        CameraDirectory directory = directory();
        put(directory, 2);
        ClusterNode node = opened.register(new ClusterNode(kafka, cluster("first", 2)));
        ClusterView view = node.openView();
        assertThat(node.statistics().members()).isZero();
        assertThat(node.statistics().secondsSinceHeard()).isNaN();
        NodeLoad load = new NodeLoad(4, List.of(), "cpu", 1.5, 1L << 30, 50, 49.5);
        node.start(new RecordingRunner(), new ClusterNode.Identity("1.2.3", "192.0.2.7:9400", true, () -> load));

        await().untilAsserted(() -> {
            assertThat(view.cameras().all()).extracting(PlacedCamera::id).containsExactlyInAnyOrder("cam-0", "cam-1");
            assertThat(node.statistics().takenOver().count()).isEqualTo(2);
        });
        await().atMost(15, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(view.nodes().all(System.currentTimeMillis()))
                        .singleElement()
                        .satisfies(said -> {
                            assertThat(said.node()).isEqualTo("first");
                            assertThat(said.address()).isEqualTo("192.0.2.7:9400");
                            assertThat(said.isSecure()).isTrue();
                            assertThat(said.load()).isEqualTo(load);
                        }));
        await().untilAsserted(() -> {
            assertThat(node.statistics().members()).isEqualTo(2);
            assertThat(node.statistics().partitions()).isEqualTo(PARTITIONS);
        });
        assertThat(node.statistics().generation()).isPositive();
        assertThat(node.statistics().rebalances()).isPositive();
        assertThat(node.statistics().secondsSinceHeard()).isBetween(0.0, SESSION.toSeconds() * 1.0);
        node.close();
        assertThat(node.statistics().members()).isZero();
    }

    @Test
    void shouldNameNodesAndCamerasForTheCommands() {
        CameraDirectory directory = directory();
        put(directory, 3);

        assertThat(directory.cameras()).extracting(PlacedCamera::id).containsExactly("cam-0", "cam-1", "cam-2");
        assertThat(new TreeSet<>(directory.cameras().stream()
                        .map(PlacedCamera::partition)
                        .toList()))
                .containsExactly(0, 4, 8);
        assertThat(directory.nodes()).isEmpty();
        assertThat(directory.partitions()).isEqualTo(PARTITIONS);
    }
}
