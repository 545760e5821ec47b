package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.Secret;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KafkaPropertiesTest {

    @ParameterizedTest
    @CsvSource({"'', '', 262144", "33554432, '', 262144", "65536, '', 8192", "65536, 16384, 16384"})
    void shouldMakeBatchesThatFitIntoTheClientsMemory(String memory, String batch, String expected) {
        Map<String, Secret> own = new HashMap<>();
        if (!memory.isEmpty()) {
            own.put("buffer.memory", Secret.of(memory));
        }
        if (!batch.isEmpty()) {
            own.put("batch.size", Secret.of(batch));
        }
        KafkaConfig d = KafkaConfig.DEFAULT;
        Map<String, Object> properties = KafkaProperties.producer(new KafkaConfig(
                true,
                "127.0.0.1:1",
                false,
                null,
                0,
                d.detectionsTopic(),
                d.eventsTopic(),
                d.streamsTopic(),
                true,
                d.queueCapacity(),
                own));
        assertThat(properties).containsEntry("batch.size", expected);
        assertThat(properties).containsEntry("max.in.flight.requests.per.connection", "1");
    }
}
