package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SchemaFiles;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class KafkaAuditLogTest {
    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    private static KafkaConfig config(String servers, String prefix) {
        return TestConfigs.kafka(servers, prefix, 100, Map.of());
    }

    private static KafkaAuditLog.Entry entry(String action) {
        return new KafkaAuditLog.Entry(
                1_795_176_000_040L, "kim", "admin", action, "gate-3", "refused: \"409\"", "192.0.2.7");
    }

    @Test
    void shouldCreateItsTopicAndKeepTheOrder() {
        KafkaConfig config = config(broker.bootstrapServers(), "audit.order");
        try (KafkaAuditLog log = new KafkaAuditLog(config)) {
            for (int i = 0; i < 20; i++) {
                log.publish(entry("change" + i));
            }
        }
        try (TopicReader reader =
                new TopicReader(broker.bootstrapServers(), config.topics().audit())) {
            var messages = reader.until(20);
            assertThat(messages).hasSize(20);
            for (int i = 0; i < 20; i++) {
                ConsumerRecord<String, String> message = messages.get(i);
                assertThat(message.key()).isEqualTo("kim");
                assertThat(message.value()).contains("\"action\":\"change" + i + "\"", "2026-11-20T12:00:00.040Z");
                assertThat(SchemaFiles.audit().complaints(message.value())).isEmpty();
                assertThat(TopicReader.header(message, "ce_type")).isEqualTo("io.helmwatch.audit");
                assertThat(TopicReader.header(message, "ce_source")).isEqualTo("/helmwatch");
            }
        }
    }

    @Test
    void shouldNeitherBlockNorKeepTheProcessWithoutABroker() {
        long start = System.nanoTime();
        KafkaAuditLog log = new KafkaAuditLog(config("127.0.0.1:1", "audit.none"));
        for (int i = 0; i < 5_000; i++) {
            log.publish(entry("change"));
        }
        assertThat(System.nanoTime() - start).isLessThan(3_000_000_000L);
        log.close();
        assertThat(System.nanoTime() - start).isLessThan(10_000_000_000L);
    }
}
