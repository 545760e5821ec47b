package io.helmwatch.sinks.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** The consumer that docs/events.md shows, word for word. */
final class PlainConsumer {
    private PlainConsumer() {}

    static void read(String servers, BooleanSupplier wanted, BiConsumer<String, String> desk) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", servers, "group.id", "safety-desk", "auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("helmwatch.events", "helmwatch.detections"));
            while (wanted.getAsBoolean()) {
                for (ConsumerRecord<String, String> message : consumer.poll(Duration.ofSeconds(1))) {
                    desk.accept(message.key(), message.value());
                }
            }
        }
    }
}
