package io.helmwatch.pipeline.desk;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Nodes in this process with a real broker for all tests of a class; each test has a cluster with topics of its own. */
abstract class NodesOnABroker {
    private static EmbeddedKafka broker;
    private static int clusters;

    @TempDir
    Path folder;

    /** Closed after the test. */
    final Closer opened = new Closer();

    private final String name = "site-" + clusters++;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedKafka.start();
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void writeSecret() throws IOException {
        Files.writeString(folder.resolve("secret.txt"), "0123456789abcdef0123456789abcdef\n");
    }

    @AfterEach
    void close() {
        opened.close();
    }

    static EmbeddedKafka broker() {
        return broker;
    }

    /**
     * The configuration of a node without streams of its own.
     *
     * @param more further sections; {@code <node>} in them is the node's name
     */
    final HelmwatchConfig config(String node, int partitions, String more) {
        return ConfigLoader.parse(
                """
                kafka: {bootstrap-servers: '%1$s', detections-topic: %2$s.detections, events-topic: %2$s.events, \
                streams-topic: %2$s.streams, compliance-topic: %2$s.compliance, audit-topic: %2$s.audit}
                cluster: {name: %2$s, node: <node>, partitions: %3$d, cameras-topic: %2$s.cameras, \
                open-incidents-topic: %2$s.open, nodes-topic: %2$s.nodes, \
                acknowledgements-topic: %2$s.acknowledgements, secret-file: secret.txt}
                streams: []
                %4$s""".formatted(broker.bootstrapServers(), name, partitions, more).replace("<node>", node),
                "site.yaml",
                folder,
                variable -> null);
    }
}
