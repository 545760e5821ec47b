package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.sinks.SchemaFiles;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the compacted topic says about streams, also when nobody is there to say it. */
class StreamStatesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration RENEWAL = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofHours(1);

    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    private KafkaConfig config;

    @BeforeEach
    void nameTopics(TestInfo test) {
        config = TestConfigs.kafka(
                broker.bootstrapServers(), test.getTestMethod().orElseThrow().getName(), 100, Map.of());
    }

    private List<ConsumerRecord<String, String>> read(Predicate<List<ConsumerRecord<String, String>>> enough) {
        try (TopicReader reader =
                new TopicReader(broker.bootstrapServers(), config.topics().streams())) {
            return reader.until(enough);
        }
    }

    /** The last value of every key, as compaction keeps it; tombstones are null. */
    private static Map<String, String> last(List<ConsumerRecord<String, String>> records) {
        Map<String, String> last = new HashMap<>();
        records.forEach(record -> last.put(record.key(), record.value()));
        return last;
    }

    private static Instant time(String json, String field) {
        try {
            return Instant.parse(MAPPER.readTree(json).get(field).asText());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldRenewEveryStateWithANewIdAndLetItExpireWithTheSink() {
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config, RENEWAL, LONG)) {
            sink.publish(SampleMessages.status("quiet", State.ONLINE, 5));
            Await.until("it is renewed twice", () -> sink.statistics().published() >= 3);
        }
        List<ConsumerRecord<String, String>> records = read(all -> all.size() >= 4
                && time(all.get(all.size() - 1).value(), "validUntil")
                        .equals(time(all.get(all.size() - 1).value(), "publishedAt")));
        assertThat(records).hasSizeGreaterThanOrEqualTo(4).allSatisfy(record -> {
            assertThat(SchemaFiles.streams().complaints(record.value())).isEmpty();
            assertThat(record.value()).contains("\"state\":\"online\"", "\"changedAt\":\"1970-01-01T00:00:00.005Z\"");
        });
        assertThat(records.stream().map(record -> TopicReader.header(record, "ce_id")))
                .doesNotHaveDuplicates();
        for (ConsumerRecord<String, String> record : records.subList(0, records.size() - 1)) {
            assertThat(Duration.between(time(record.value(), "publishedAt"), time(record.value(), "validUntil")))
                    .isEqualTo(Duration.ofSeconds(90));
        }
        ConsumerRecord<String, String> released = records.get(records.size() - 1);
        assertThat(time(released.value(), "validUntil")).isEqualTo(time(released.value(), "publishedAt"));
    }

    @Test
    void shouldRemoveAStreamBehindItsLastState() {
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config, RENEWAL, LONG)) {
            sink.publish(SampleMessages.status("left", State.ENDED, 5));
            sink.removeStream("left");
            sink.publish(SampleMessages.status("stays", State.ONLINE, 5));
            Await.until("it goes on", () -> sink.statistics().published() >= 5);
        }
        List<ConsumerRecord<String, String>> records = read(all ->
                all.size() >= 5 && last(all).containsKey("left") && last(all).get("left") == null);
        List<ConsumerRecord<String, String>> left =
                records.stream().filter(record -> record.key().equals("left")).toList();
        assertThat(left).hasSize(2);
        assertThat(left.get(1).value()).isNull();
        assertThat(TopicReader.header(left.get(1), "ce_type")).isEqualTo("io.helmwatch.stream.removed");
        assertThat(last(records).get("stays")).contains("online");
    }

    @Test
    void shouldRemoveStreamsThatLeftTheConfigurationBetweenTwoRuns() {
        try (KafkaDetectionSink first = new KafkaDetectionSink(config, LONG, LONG)) {
            first.publish(SampleMessages.status("left", State.ENDED, 5));
            first.publish(SampleMessages.status("stays", State.ENDED, 5));
            Await.until("both arrived", () -> first.statistics().published() == 2);
        }
        publishAsAnother("another", "online", Instant.now().plusSeconds(90));
        publishAsAnother("dead", "online", Instant.now().minusSeconds(600));
        publishAsAnother("long-dead", "online", Instant.now().minusSeconds(90_000));
        try (KafkaDetectionSink second = new KafkaDetectionSink(config, LONG, Duration.ofMillis(500))) {
            second.publish(SampleMessages.status("stays", State.ONLINE, 6));
            Await.until("the other two are removed", () -> second.statistics().published() >= 3);
        }
        Map<String, String> last = last(read(all -> last(all).containsKey("long-dead")
                && last(all).get("long-dead") == null
                && last(all).get("left") == null));
        assertThat(last).containsEntry("left", null).containsEntry("long-dead", null);
        assertThat(last.get("stays")).contains("online");
        assertThat(last.get("another")).contains("online");
        assertThat(last.get("dead")).contains("online");
    }

    private void publishAsAnother(String stream, String state, Instant validUntil) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            var unusedFuture = producer.send(new ProducerRecord<>(
                    config.topics().streams(),
                    stream,
                    "{\"state\":\"" + state + "\",\"validUntil\":\"" + validUntil + "\"}"));
            producer.flush();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'state':'ended','validUntil':'2026-11-20T12:00:00.000Z'} | true",
                "{'state':'ended','validUntil':'2026-11-20T12:00:00.001Z'} | false",
                "{'state':'online','validUntil':'2026-11-20T12:00:00.000Z'} | false",
                "{'state':'online','validUntil':'2026-11-19T12:00:00.001Z'} | false",
                "{'state':'online','validUntil':'2026-11-19T12:00:00.000Z'} | true",
                "{'state':'online','publishedAt':'2026-11-19T11:58:30.001Z'} | false",
                "{'state':'online','publishedAt':'2026-11-19T11:58:30.000Z'} | true",
                "{'state':'online'} | false",
                "no JSON | false"
            })
    void shouldCallStaleOnlyWhatEndedAndExpiredOrExpiredADayAgo(String value, boolean stale) {
        long noon = Instant.parse("2026-11-20T12:00:00Z").toEpochMilli();
        assertThat(StaleStreams.isStale(value.replace('\'', '"').getBytes(StandardCharsets.UTF_8), noon))
                .isEqualTo(stale);
    }
}
