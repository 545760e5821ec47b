package io.helmwatch.config.sink;

import io.helmwatch.config.secret.Secret;
import java.nio.file.Path;
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
 * @param detectionsTopic topic of detections
 * @param eventsTopic topic of incidents
 * @param streamsTopic topic of stream states, compacted
 * @param auditTopic topic of logins and changes over HTTP
 * @param complianceTopic topic of the counts of observed heads
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
        String detectionsTopic,
        String eventsTopic,
        String streamsTopic,
        String auditTopic,
        String complianceTopic,
        boolean createTopics,
        int queueCapacity,
        Map<String, Secret> properties) {

    /** Disabled; topics {@code helmwatch.detections}, {@code .events}, {@code .streams}, {@code .audit} and {@code .compliance}. */
    public static final KafkaConfig DEFAULT = new KafkaConfig(
            false,
            "127.0.0.1:9092",
            false,
            null,
            0,
            "helmwatch.detections",
            "helmwatch.events",
            "helmwatch.streams",
            "helmwatch.audit",
            "helmwatch.compliance",
            true,
            10_000,
            Map.of());

    /** Keeps its own copy of the properties. */
    public KafkaConfig {
        properties = Map.copyOf(properties);
    }

    /** Topics of the service with the usual topics of the audit log and of counts. */
    public KafkaConfig(
            boolean enabled,
            String bootstrapServers,
            boolean embedded,
            @Nullable Path embeddedDataDir,
            int embeddedPort,
            String detectionsTopic,
            String eventsTopic,
            String streamsTopic,
            boolean createTopics,
            int queueCapacity,
            Map<String, Secret> properties) {
        this(
                enabled,
                bootstrapServers,
                embedded,
                embeddedDataDir,
                embeddedPort,
                detectionsTopic,
                eventsTopic,
                streamsTopic,
                DEFAULT.auditTopic,
                DEFAULT.complianceTopic,
                createTopics,
                queueCapacity,
                properties);
    }

    /** Why incidents cannot be published with these properties, as a sentence; empty when they can. */
    public String incidentsProblem() {
        Secret acks = properties.get("acks");
        return enabled && acks != null && !KafkaClientProperties.isSafe(acks.reveal())
                ? "kafka.properties.acks " + KafkaClientProperties.UNSAFE
                : "";
    }

    /** The same with another address, such as the embedded broker's. */
    public KafkaConfig withBootstrapServers(String servers) {
        return new KafkaConfig(
                true,
                servers,
                embedded,
                embeddedDataDir,
                embeddedPort,
                detectionsTopic,
                eventsTopic,
                streamsTopic,
                auditTopic,
                complianceTopic,
                createTopics,
                queueCapacity,
                properties);
    }
}
