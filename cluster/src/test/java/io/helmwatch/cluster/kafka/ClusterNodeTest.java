package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.ClusterView;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.cluster.NodeShare;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes that share the cameras of a cluster. */
@Timeout(60)
class ClusterNodeTest extends NodesOfACluster {
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
        leaveAnIncidentOpen();
        RecordingRunner runner = new RecordingRunner();
        ClusterNode node = start("heir", 1, runner);

        awaitAll(1, runner);
        await().untilAsserted(() -> assertThat(runner.log)
                .containsExactly("start cam-0", "end {\"stream\":\"cam-0\",\"epoch\":41} by heir"));
        assertThat(node.ownership().origin("cam-0")).isEqualTo(new NodeEpoch("heir", 42));
        assertThat(node.ownership().verdict("cam-0", new NodeEpoch("dead", 41))).isEqualTo(Verdict.SUPERSEDED);
    }

    @Test
    void shouldStartACameraAgainThatAnotherNodeHadInBetweenSoThatItsMessagesCount() throws Exception {
        CameraDirectory directory = directory();
        put(directory, 1);
        RecordingRunner runner = new RecordingRunner();
        ClusterNode node = start("slow", 1, runner);
        awaitAll(1, runner);

        leaveAnIncidentOpen();

        await().atMost(20, TimeUnit.SECONDS)
                .untilAsserted(
                        () -> assertThat(node.ownership().origin("cam-0")).isEqualTo(new NodeEpoch("slow", 42)));
        await().untilAsserted(() -> assertThat(runner.log)
                .containsExactly(
                        "start cam-0",
                        "abandon cam-0",
                        "start cam-0",
                        "end {\"stream\":\"cam-0\",\"epoch\":41} by slow"));
    }

    @Test
    void shouldReadOnBehindAMessageThatAListenerCannotDealWith() throws Exception {
        directory();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ClusterClients.producer(kafka, "odd"))) {
            for (String key : List.of("a", "odd", "b")) {
                producer.send(new ProducerRecord<>(kafka.topics().streams(), bytes(key), bytes("{}")))
                        .get();
            }
        }
        List<String> read = new CopyOnWriteArrayList<>();
        TopicTable table =
                opened.register(new TopicTable(kafka, kafka.topics().streams(), (partition, key, value, arrival) -> {
                    if (key.equals("odd")) {
                        throw new ArithmeticException("long overflow");
                    }
                    read.add(key);
                }));

        await().until(table::isRead);
        assertThat(read).containsExactly("a", "b");
    }

    @Test
    void shouldTryAgainToEndIncidentsOfALostNodeThatItCouldNotStore() throws Exception {
        CameraDirectory directory = directory();
        put(directory, 1);
        leaveAnIncidentOpen();
        RecordingRunner runner = new RecordingRunner();
        runner.failingEnds.set(1);
        start("heir", 1, runner);

        await().untilAsserted(() -> assertThat(runner.log)
                .containsExactly("start cam-0", "end {\"stream\":\"cam-0\",\"epoch\":41} by heir"));
    }

    /** A node named dead had the first camera and an incident of it, in its epoch 41. */
    private void leaveAnIncidentOpen() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ClusterClients.producer(kafka, "dead"))) {
            String state = "{\"stream\":\"cam-0\",\"state\":\"online\",\"node\":\"dead\",\"epoch\":41}";
            producer.send(new ProducerRecord<>(kafka.topics().streams(), bytes("cam-0"), bytes(state)))
                    .get();
            producer.send(new ProducerRecord<>(
                            name + ".open", bytes("cam-0/1/r/1"), bytes("{\"stream\":\"cam-0\",\"epoch\":41}")))
                    .get();
        }
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
