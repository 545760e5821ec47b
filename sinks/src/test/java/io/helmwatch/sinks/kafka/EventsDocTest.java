package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SampleMessages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds docs/events.md against what is published. */
class EventsDocTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    private static String doc() throws IOException {
        return Files.readString(HOME.resolve("docs/events.md"));
    }

    @ParameterizedTest
    @CsvSource({
        "detections, ## Detections, ## Stream states",
        "streams, ## Stream states, ## Incidents",
        "events, ## Incidents, ## Compliance",
        "compliance, ## Compliance, ## Reading",
        "compliance-quarters, ## Site-wide figures, ## Reading",
        "detect, ## Without Kafka, ## Broker unavailable"
    })
    void shouldNameEveryFieldOfTheSchema(String schema, String from, String to) throws IOException {
        String doc = doc();
        String section = doc.substring(doc.indexOf(from), doc.indexOf(to));
        Set<String> names = new TreeSet<>();
        JsonNode root = MAPPER.readTree(
                HOME.resolve("docs/schema/" + schema + "-1.schema.json").toFile());
        root.get("properties").fieldNames().forEachRemaining(names::add);
        if (schema.equals("detections")) {
            root.get("$defs").get("detection").get("properties").fieldNames().forEachRemaining(names::add);
        }
        assertThat(names).hasSizeGreaterThan(5);
        for (String name : names) {
            assertThat(section).as("field " + name + " of " + schema).contains("`" + name + "`");
        }
    }

    @Test
    void shouldShowMessagesAsTheyAreWritten() throws IOException {
        for (String name : List.of("detections.json", "streams.json", "compliance.json")) {
            try (var in = EventsDocTest.class.getResourceAsStream("/golden/" + name)) {
                assertThat(doc()).contains(new String(in.readAllBytes(), StandardCharsets.UTF_8).strip());
            }
        }
    }

    @Test
    void shouldShowAConsumerThatWorks() throws IOException {
        String source =
                Files.readString(HOME.resolve("sinks/src/test/java/io/helmwatch/sinks/kafka/PlainConsumer.java"));
        String shown = doc().substring(doc().indexOf("```java\n") + 8);
        shown = shown.substring(0, shown.indexOf("```"));
        assertThat(words(source)).contains(words(shown));
        List<String> read = new CopyOnWriteArrayList<>();
        try (KafkaDetectionSink sink =
                new KafkaDetectionSink(KafkaConfig.DEFAULT.withBootstrapServers(broker.bootstrapServers()))) {
            sink.publish(SampleMessages.designExample());
            Await.until("it arrived", () -> sink.statistics().published() == 1);
            long end = System.nanoTime() + 20_000_000_000L;
            PlainConsumer.read(
                    broker.bootstrapServers(),
                    () -> read.stream().noneMatch(EventsDocTest::isExample) && System.nanoTime() < end,
                    (key, value) -> read.add(key + " " + value));
        }
        assertThat(read).anyMatch(EventsDocTest::isExample);
    }

    private static boolean isExample(String message) {
        return message.startsWith("gate-3 {\"schema\":\"helmwatch.detections/1\",\"id\":\"gate-3/1795176000/184\"");
    }

    private static String words(String text) {
        return text.replaceAll("\\s+", "");
    }
}
