package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.cluster.NodeListener;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes in this process, a real broker, and a node of which only its last message is left. */
@Timeout(60)
class NodeWatchTest {
    private static final long VALID_MILLIS = 1_500;

    @TempDir
    Path folder;

    private final Closer opened = new Closer();
    private final List<String> reports = new CopyOnWriteArrayList<>();
    private final EmbeddedKafka broker =
            opened.register(EmbeddedKafka.start(null, 0, Map.of("group.min.session.timeout.ms", "500")));
    private final KafkaConfig kafka = KafkaConfig.DEFAULT.withBootstrapServers(broker.bootstrapServers());

    @AfterEach
    void close() {
        opened.close();
    }

    private ClusterConfig cluster(String node) {
        ClusterConfig usual = ClusterConfig.of("site", node);
        return new ClusterConfig(
                "site",
                node,
                1,
                Duration.ofSeconds(2),
                Duration.ofSeconds(60),
                usual.rebalance(),
                Duration.ofSeconds(60),
                "cameras",
                4,
                "open",
                "nodes",
                "acknowledgements",
                folder,
                null,
                null,
                null);
    }

    private void createTopics() throws Exception {
        try (Admin admin = Admin.create(ClusterClients.admin(kafka, ClusterClients.TIMEOUT))) {
            admin.createTopics(List.of(new NewTopic(kafka.topics().streams(), 1, (short) 1)
                            .configs(Map.of("cleanup.policy", "compact"))))
                    .all()
                    .get(5, TimeUnit.SECONDS);
            ClusterTopics.ensure(admin, kafka, cluster("cli"), ClusterClients.TIMEOUT);
        }
    }

    /** The listener of a node, which cannot store its first report. */
    private final class Reporting implements NodeListener {
        private final String by;
        private boolean isFull = true;

        Reporting(String by) {
            this.by = by;
        }

        private boolean store(String report) {
            if (isFull) {
                isFull = false;
                return false;
            }
            return reports.add(report);
        }

        @Override
        public boolean lost(NodeAnnouncement node) {
            return store(node.node() + " lost with " + node.cameras());
        }

        @Override
        public boolean back(long heardMillis) {
            return store(by + " back");
        }
    }

    private Closer start(String name) {
        Closer node = opened.register(new Closer());
        ClusterNode started = node.register(new ClusterNode(kafka, cluster(name)));
        node.register(started.watchNodes(new Reporting(name)));
        started.start(new RecordingRunner(), new ClusterNode.Identity("test", "", false, () -> NodeLoad.UNKNOWN));
        return node;
    }

    private void announce(String node) throws Exception {
        long now = System.currentTimeMillis();
        byte[] said = new NodeAnnouncement(
                        node, "site", "test", 1, 1, 7, "", false, NodeLoad.UNKNOWN, now, now, now + VALID_MILLIS)
                .write();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ClusterClients.producer(kafka, "test"))) {
            producer.send(new ProducerRecord<>("nodes", node.getBytes(StandardCharsets.UTF_8), said))
                    .get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldReportALostNodeOnceInTheWholeClusterAndItsReturn() throws Exception {
        createTopics();
        Closer a = start("a");
        start("b");
        announce("c");
        await().atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(reports).isNotEmpty());
        // Whoever reported it leaves in order: neither that nor the loss is reported by its successor.
        a.close();
        start("c");
        await().atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(reports).contains("c back"));
        assertThat(reports).containsExactly("c lost with 7", "c back");
    }
}
