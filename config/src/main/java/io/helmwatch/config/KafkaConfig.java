package io.helmwatch.config;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The broker and the topics.
 *
 * @param enabled whether events go to Kafka
 * @param bootstrapServers {@code host:port}, comma-separated
 * @param embedded whether to start a development broker in this process
 * @param embeddedDataDir the development broker's data; null is a temporary folder
 * @param embeddedPort the development broker's port; 0 takes a free one
 * @param detectionsTopic what frames showed
 * @param eventsTopic incidents
 * @param streamsTopic stream states, compacted
 * @param createTopics whether missing topics are created
 * @param queueCapacity messages held while the broker is slow or away; more are dropped and counted
 * @param properties any property of the Kafka client; values may be secret
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
        boolean createTopics,
        int queueCapacity,
        Map<String, Secret> properties) {

    /** Off; the design's topic names. */
    public static final KafkaConfig DEFAULT = new KafkaConfig(
            false,
            "127.0.0.1:9092",
            false,
            null,
            0,
            "helmwatch.detections",
            "helmwatch.events",
            "helmwatch.streams",
            true,
            10_000,
            Map.of());

    /** Keeps its own copy of the properties. */
    public KafkaConfig {
        properties = Map.copyOf(properties);
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
                createTopics,
                queueCapacity,
                properties);
    }
}
