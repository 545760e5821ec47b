package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A site after a power cut: the node runs before the name of the broker can be looked up. */
@Timeout(60)
class BrokerNameTest {
    @TempDir
    Path folder;

    @Test
    void shouldAnnounceTheNodeAndShareAcknowledgementsOnceTheNameOfTheBrokerIsKnown() throws Exception {
        Path hosts = Files.writeString(folder.resolve("hosts"), "");
        Set<String> heard = ConcurrentHashMap.newKeySet();
        try (EmbeddedKafka broker = EmbeddedKafka.start(null, 0, Map.of())) {
            KafkaConfig kafka = KafkaConfig.DEFAULT.withBootstrapServers(broker.bootstrapServers());
            ClusterConfig cluster = ClusterConfig.of("site", "cli");
            try (Admin admin = Admin.create(ClusterClients.admin(kafka, ClusterClients.TIMEOUT))) {
                admin.createTopics(List.of(new NewTopic(kafka.topics().streams(), 1, (short) 1)))
                        .all()
                        .get(5, TimeUnit.SECONDS);
                ClusterTopics.ensure(admin, kafka, cluster, ClusterClients.TIMEOUT);
            }
            String port = broker.bootstrapServers()
                    .substring(broker.bootstrapServers().lastIndexOf(':') + 1);
            Process node = start(hosts, "broker.site:" + port);
            try (TopicTable nodes = new TopicTable(
                            kafka, cluster.nodesTopic(), (partition, key, value, arrival) -> heard.add(key));
                    TopicTable acknowledgements = new TopicTable(
                            kafka,
                            cluster.acknowledgementsTopic(),
                            (partition, key, value, arrival) -> heard.add(key))) {
                assertThat(node.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("ready");
                Files.writeString(hosts, "127.0.0.1 broker.site\n");
                await().atMost(20, TimeUnit.SECONDS)
                        .untilAsserted(() -> assertThat(heard).containsExactlyInAnyOrder("a", "gate/1/rule/1"));
                assertThat(nodes.isRead() && acknowledgements.isRead()).isTrue();
            } finally {
                node.destroyForcibly().waitFor();
            }
        }
    }

    private static Process start(Path hosts, String broker) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djdk.net.hosts.file=" + hosts,
                        "-Dsun.net.inetaddr.negative.ttl=0",
                        "-cp",
                        System.getProperty("java.class.path"),
                        NodeProcess.class.getName(),
                        broker)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
