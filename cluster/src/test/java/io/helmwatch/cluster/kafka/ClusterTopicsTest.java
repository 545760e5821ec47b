package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClusterTopicsTest extends NodesOfACluster {
    private static final Duration ANSWER = Duration.ofSeconds(10);

    @Test
    void shouldAskForTheTopicsAsItWouldCreateThem() throws Exception {
        ClusterConfig cluster = cluster("a", 1);
        try (Admin admin = Admin.create(ClusterClients.admin(kafka, ANSWER))) {
            assertThatThrownBy(() -> ClusterTopics.ensure(admin, withoutCreating(), cluster, ANSWER))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "missing on %s: %s (cleanup.policy=compact), %s (cleanup.policy=compact), %s (cleanup.policy=compact),"
                                    + " %s (cleanup.policy=compact,delete, retention.ms=7776000000);"
                                    + " create them with these settings or set kafka.create-topics: true",
                            broker.bootstrapServers(),
                            cluster.camerasTopic(),
                            cluster.openIncidentsTopic(),
                            cluster.nodesTopic(),
                            cluster.acknowledgementsTopic());

            ClusterTopics.ensure(admin, kafka, cluster, ANSWER);

            assertThat(setting(admin, cluster.camerasTopic(), "cleanup.policy")).isEqualTo("compact");
            assertThat(setting(admin, cluster.acknowledgementsTopic(), "cleanup.policy"))
                    .isEqualTo("compact,delete");
            assertThat(setting(admin, cluster.acknowledgementsTopic(), "retention.ms"))
                    .isEqualTo("7776000000");
        }
    }

    private KafkaConfig withoutCreating() {
        return new KafkaConfig(
                true, kafka.bootstrapServers(), false, null, 0, kafka.topics(), false, kafka.queueCapacity(), Map.of());
    }

    private static String setting(Admin admin, String topic, String key) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = admin.describeConfigs(List.of(resource))
                .all()
                .get(ANSWER.toSeconds(), TimeUnit.SECONDS)
                .get(resource);
        return config.get(key).value();
    }
}
