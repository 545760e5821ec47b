package io.helmwatch.sinks.kafka;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import java.util.Map;

/** Kafka configurations of tests. */
final class TestConfigs {
    private TestConfigs() {}

    /** Topics of a test's own, which are created when missing. */
    static KafkaConfig kafka(String servers, String prefix, int queueCapacity, Map<String, Secret> properties) {
        return kafka(servers, prefix, true, queueCapacity, properties);
    }

    static KafkaConfig kafka(
            String servers, String prefix, boolean create, int queueCapacity, Map<String, Secret> properties) {
        return new KafkaConfig(
                true,
                servers,
                false,
                null,
                0,
                prefix + ".detections",
                prefix + ".events",
                prefix + ".streams",
                create,
                queueCapacity,
                properties);
    }

    /** A topic of a test's own for counts of heads. */
    static KafkaConfig compliance(String servers, String topic) {
        KafkaConfig usual = KafkaConfig.DEFAULT;
        return new KafkaConfig(
                true,
                servers,
                false,
                null,
                0,
                usual.detectionsTopic(),
                usual.eventsTopic(),
                usual.streamsTopic(),
                usual.auditTopic(),
                topic,
                true,
                100,
                Map.of());
    }
}
