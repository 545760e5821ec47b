package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.cluster.NodeShare;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** Nodes in this process, and a real broker that lets members time out after a second, for all tests of a class; each test has a cluster of its own. */
abstract class NodesOfACluster {
    static final Duration SESSION = Duration.ofSeconds(2);
    static final int PARTITIONS = 16;

    static EmbeddedKafka broker;
    private static int clusters;

    final Closer opened = new Closer();
    ClusterConfig.Rebalance rebalance = ClusterConfig.Rebalance.MANUAL;
    final String name = "c" + clusters++;
    final KafkaConfig kafka = kafka();

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

    KafkaConfig kafka() {
        return KafkaConfig.DEFAULT
                .withBootstrapServers(broker.bootstrapServers())
                .withTopics(KafkaConfig.Topics.withPrefix(name));
    }

    ClusterConfig cluster(String node, int weight) {
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

    RecordingRunner start(String node, int weight) {
        RecordingRunner runner = new RecordingRunner();
        start(node, weight, runner);
        return runner;
    }

    ClusterNode start(String node, int weight, RecordingRunner runner) {
        ClusterNode started = opened.register(new ClusterNode(kafka, cluster(node, weight)));
        started.start(runner, new ClusterNode.Identity("test", "", false, () -> NodeLoad.UNKNOWN));
        return started;
    }

    /** The topic of stream states belongs to the sinks. */
    CameraDirectory directory() {
        try (Admin admin = Admin.create(ClusterClients.admin(kafka, ClusterClients.TIMEOUT))) {
            admin.createTopics(List.of(new NewTopic(kafka.topics().streams(), 1, (short) 1)
                            .configs(Map.of("cleanup.policy", "compact"))))
                    .all()
                    .get(5, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return opened.register(new CameraDirectory(kafka, cluster("cli", 1)));
    }

    static void put(CameraDirectory directory, int count) {
        CameraPlacement placement = new CameraPlacement(directory.partitions(), List.of(), directory.nodes());
        for (int i = 0; i < count; i++) {
            directory.put(new PlacedCamera("cam-" + i, placement.place(), "{\"id\":\"cam-" + i + "\"}"));
        }
    }

    static List<String> all(RecordingRunner... runners) {
        List<String> cameras = new ArrayList<>();
        for (RecordingRunner runner : runners) {
            cameras.addAll(runner.running.keySet());
        }
        return cameras;
    }

    static void awaitAll(int count, RecordingRunner... runners) {
        await().atMost(20, TimeUnit.SECONDS)
                .pollInterval(20, TimeUnit.MILLISECONDS)
                .untilAsserted(() -> {
                    List<String> cameras = all(runners);
                    assertThat(cameras).hasSize(count);
                    assertThat(Set.copyOf(cameras)).hasSize(count);
                });
    }

    static Set<Integer> partitionsOf(CameraDirectory directory, String node) {
        return directory.nodes().stream()
                .filter(share -> share.node().equals(node))
                .findFirst()
                .map(NodeShare::partitions)
                .orElse(Set.of());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
