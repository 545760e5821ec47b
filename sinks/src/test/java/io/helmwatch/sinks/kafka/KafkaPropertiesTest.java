package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KafkaPropertiesTest {

    @Test
    void shouldHaveEveryPropertyOfTheClientInTheListOfTheConfiguration() throws IOException {
        Set<String> names = new TreeSet<>(ProducerConfig.configNames());
        names.addAll(AdminClientConfig.configNames());
        names.addAll(ConsumerConfig.configNames());
        try (InputStream in = KafkaConfig.class.getResourceAsStream("kafka-client-properties.txt")) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines())
                    .as("config/src/main/resources/io/helmwatch/config/sink/kafka-client-properties.txt must be:\n"
                            + String.join("\n", names))
                    .containsExactlyElementsOf(names);
        }
    }

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
        Map<String, Object> properties = KafkaProperties.producer(TestConfigs.kafka("127.0.0.1:1", "batch", 10, own));
        assertThat(properties).containsEntry("batch.size", expected);
        assertThat(properties).containsEntry("compression.type", "gzip");
        assertThat(properties).containsEntry("max.in.flight.requests.per.connection", "1");
    }

    @ParameterizedTest
    @CsvSource({"1, false", "0, false", "all, true", "-1, true"})
    void shouldAcceptFewerAcknowledgementsAtTheCostOfIdempotence(String acks, String idempotent) {
        Map<String, Object> properties =
                KafkaProperties.producer(TestConfigs.kafka("127.0.0.1:1", "acks", 10, Map.of("acks", Secret.of(acks))));
        assertThat(properties).containsEntry("acks", acks).containsEntry("enable.idempotence", idempotent);
        assertThatThrownBy(() -> KafkaProperties.producer(TestConfigs.kafka(
                        "127.0.0.1:1",
                        "acks",
                        10,
                        Map.of("acks", Secret.of("1"), "enable.idempotence", Secret.of("true")))))
                .hasMessageContaining("acks");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "security.protocol=SSL,ssl.truststore.location=/nowhere | ssl.truststore.location: /nowhere is no file",
                "security.protocol=SSL,ssl.keystore.location=/etc | ssl.keystore.location: /etc is no file",
                "security.protocol=SSL,ssl.keystore.location=/etc/hostname,ssl.keystore.password=w | keystore /etc/hostname of type JKS: ",
                "security.protocol=SASL_SSL,sasl.mechanism=PLAIN | sasl.jaas.config: missing: security.protocol SASL_SSL",
                "security.protocol=TLS | security.protocol: String must be one of",
            })
    void shouldSayWhichPropertyOfTheConnectionIsWrong(String given, String sentence) {
        Map<String, Secret> own = new HashMap<>();
        for (String property : given.split(",")) {
            String[] parts = property.split("=");
            own.put(parts[0], Secret.of(parts[1]));
        }
        assertThatThrownBy(() -> KafkaProperties.producer(TestConfigs.kafka("127.0.0.1:1", "x", 10, own)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("kafka.properties")
                .hasMessageContaining(sentence);
    }

    @Test
    void shouldPassPropertiesOfPluginsThrough() {
        KafkaConfig config =
                TestConfigs.kafka("127.0.0.1:1", "plugin", 10, Map.of("acme.interceptor.level", Secret.of("3")));
        assertThat(KafkaProperties.producer(config)).containsEntry("acme.interceptor.level", "3");
    }
}
