package io.helmwatch.sinks.kafka;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.sink.KafkaConfig.Topics;
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
                true, servers, false, null, 0, Topics.withPrefix(prefix), create, queueCapacity, properties);
    }

    /** A topic of a test's own for incidents. */
    static KafkaConfig events(String servers, String topic, Map<String, Secret> properties) {
        Topics usual = Topics.DEFAULT;
        return KafkaConfig.DEFAULT
                .withBootstrapServers(servers)
                .withTopics(new Topics(usual.detections(), topic, usual.streams(), usual.audit(), usual.compliance()))
                .withProperties(properties);
    }

    /** A topic of a test's own for counts of heads. */
    static KafkaConfig compliance(String servers, String topic) {
        Topics usual = Topics.DEFAULT;
        return KafkaConfig.DEFAULT
                .withBootstrapServers(servers)
                .withTopics(new Topics(usual.detections(), usual.events(), usual.streams(), usual.audit(), topic));
    }
}
