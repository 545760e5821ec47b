package io.helmwatch.config.sink;

import io.helmwatch.config.secret.Secret;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The broker and the topics.
 *
 * @param enabled whether messages go to Kafka
 * @param bootstrapServers {@code host:port}, comma-separated
 * @param embedded whether a development broker starts in this process
 * @param embeddedDataDir the development broker's data; null is a temporary folder
 * @param embeddedPort the development broker's port; 0 uses a free one
 * @param topics names of the topics
 * @param createTopics whether missing topics are created
 * @param queueCapacity messages queued while the broker is slow or away; the oldest are dropped beyond, and counted
 * @param properties properties of Kafka's Java client; all values count as secret
 */
public record KafkaConfig(
        boolean enabled,
        String bootstrapServers,
        boolean embedded,
        @Nullable Path embeddedDataDir,
        int embeddedPort,
        Topics topics,
        boolean createTopics,
        int queueCapacity,
        Map<String, Secret> properties) {

    /** Disabled; the usual topics. */
    public static final KafkaConfig DEFAULT =
            new KafkaConfig(false, "127.0.0.1:9092", false, null, 0, Topics.DEFAULT, true, 10_000, Map.of());

    /**
     * Names of the topics.
     *
     * @param detections what frames show
     * @param events incidents
     * @param streams states of streams, compacted
     * @param audit logins and changes over HTTP
     * @param compliance counts of observed heads
     */
    public record Topics(String detections, String events, String streams, String audit, String compliance) {
        /** {@code helmwatch.detections}, {@code .events}, {@code .streams}, {@code .audit} and {@code .compliance}. */
        public static final Topics DEFAULT = withPrefix("helmwatch");

        /** The usual names behind another prefix than {@code helmwatch}. */
        public static Topics withPrefix(String prefix) {
            return new Topics(
                    prefix + ".detections",
                    prefix + ".events",
                    prefix + ".streams",
                    prefix + ".audit",
                    prefix + ".compliance");
        }

        /** All of them. */
        public List<String> names() {
            return List.of(detections, events, streams, audit, compliance);
        }
    }

    /** Keeps its own copy of the properties. */
    public KafkaConfig {
        properties = Map.copyOf(properties);
    }

    /** Why incidents cannot be published with these properties, as a sentence; empty when they can. */
    public String incidentsProblem() {
        Secret acks = properties.get("acks");
        return enabled && acks != null && !KafkaClientProperties.isSafe(acks.reveal())
                ? "kafka.properties.acks " + KafkaClientProperties.UNSAFE
                : "";
    }

    /** The same, enabled, with another address, such as the embedded broker's. */
    public KafkaConfig withBootstrapServers(String servers) {
        return new KafkaConfig(
                true,
                servers,
                embedded,
                embeddedDataDir,
                embeddedPort,
                topics,
                createTopics,
                queueCapacity,
                properties);
    }

    /** The same, enabled, with a development broker in this process on a free port, whose data is temporary; topics are created. */
    public KafkaConfig withEmbeddedBroker() {
        return new KafkaConfig(true, bootstrapServers, true, null, 0, topics, true, queueCapacity, properties);
    }

    /** The same with other topics. */
    public KafkaConfig withTopics(Topics others) {
        return new KafkaConfig(
                enabled,
                bootstrapServers,
                embedded,
                embeddedDataDir,
                embeddedPort,
                others,
                createTopics,
                queueCapacity,
                properties);
    }

    /** The same with other client properties. */
    public KafkaConfig withProperties(Map<String, Secret> others) {
        return new KafkaConfig(
                enabled,
                bootstrapServers,
                embedded,
                embeddedDataDir,
                embeddedPort,
                topics,
                createTopics,
                queueCapacity,
                others);
    }
}
