package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The directory of cameras, and a real broker that goes away. */
@Timeout(60)
class CameraDirectoryTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    @Test
    void shouldGiveUpWithOneSentenceWhenTheBrokerGoesAwayInTheMiddleOfARead() {
        EmbeddedKafka broker = EmbeddedKafka.start(null, 0, Map.of());
        // One record a fetch, so that there are others to be read when the broker goes away.
        KafkaConfig kafka = KafkaConfig.DEFAULT
                .withBootstrapServers(broker.bootstrapServers())
                .withProperties(Map.of("max.partition.fetch.bytes", Secret.of("1"), "fetch.max.bytes", Secret.of("1")));
        ClusterConfig cluster = ClusterConfig.of("site", "cli");
        List<String> read = new ArrayList<>();
        try (broker;
                CameraDirectory directory = new CameraDirectory(kafka, cluster, TIMEOUT)) {
            for (int i = 0; i < 20; i++) {
                directory.put(new PlacedCamera("cam-" + i, 0, "{}"));
            }
            assertThatThrownBy(() -> directory.read(cluster.camerasTopic(), (key, record) -> {
                        if (read.isEmpty()) {
                            broker.close();
                        }
                        read.add(key);
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageMatching("cluster site on .*: topic " + cluster.camerasTopic()
                            + " was not read to its end: \\d+ more offsets expected, nothing received for 3 s;"
                            + " check that the broker is running and can be reached, then try again");
            assertThat(read).hasSizeBetween(1, 19);
        }
    }
}
