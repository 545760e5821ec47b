package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.sinks.SchemaFiles;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The sink against a broker that is well. */
class KafkaDetectionSinkTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    /** Topics of a test's own. */
    private static KafkaConfig config(String prefix, boolean create, Map<String, Secret> properties) {
        return TestConfigs.kafka(broker.bootstrapServers(), prefix, create, 10_000, properties);
    }

    private static KafkaConfig config(String prefix) {
        return config(prefix, true, Map.of());
    }

    @Test
    void shouldPublishEveryFrameInOrderOfItsStream() throws IOException {
        int frames = 500;
        List<String> streams = List.of("gate-3", "yard", "pit_1");
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config("order"))) {
            for (int i = 0; i < frames; i++) {
                for (String stream : streams) {
                    sink.publish(SampleMessages.frame(stream, i));
                }
            }
            Await.until("all acknowledged", () -> sink.statistics().published() == 3L * frames);
            assertThat(sink.statistics().dropped()).isZero();
            assertThat(sink.statistics().queueDepth()).isZero();
            assertThat(sink.statistics().connected()).isTrue();
            assertThat(sink.statistics().problem()).isEmpty();
        }
        SchemaFiles schema = SchemaFiles.detections();
        try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "order.detections")) {
            List<ConsumerRecord<String, String>> messages = reader.until(3 * frames);
            assertThat(messages).hasSize(3 * frames);
            for (String stream : streams) {
                List<Long> sequences = new ArrayList<>();
                for (ConsumerRecord<String, String> message : messages) {
                    if (message.key().equals(stream)) {
                        JsonNode value = MAPPER.readTree(message.value());
                        assertThat(value.get("stream").asText()).isEqualTo(stream);
                        sequences.add(value.get("sequence").asLong());
                    }
                }
                assertThat(sequences).hasSize(frames).isSorted().doesNotHaveDuplicates();
            }
            for (int i = 0; i < messages.size(); i += 100) {
                assertThat(schema.complaints(messages.get(i).value())).isEmpty();
            }
        }
    }

    @RepeatedTest(15)
    void shouldDeliverTheFirstMessagesOfNewTopics(RepetitionInfo round) {
        int frames = 500;
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config("new-" + round.getCurrentRepetition()))) {
            for (int i = 0; i < frames; i++) {
                sink.publish(SampleMessages.frame("gate-3", i));
            }
            Await.until("all acknowledged", () -> sink.statistics().published() == frames);
        }
    }

    @Test
    void shouldCarryCloudEventsHeadersInBinaryModeAndTheTimeOfSending() {
        long now = System.currentTimeMillis();
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config("headers"))) {
            sink.publish(SampleMessages.designExample());
            sink.publish(SampleMessages.status("gate-3", StreamStatus.State.ONLINE, 1_795_176_000_123L));
            // Closing waits only so long for the first messages of new topics.
            Await.until("both acknowledged", () -> sink.statistics().published() >= 2);
        }
        try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "headers.detections")) {
            ConsumerRecord<String, String> message = reader.until(1).get(0);
            assertThat(message.key()).isEqualTo("gate-3");
            assertThat(message.timestamp()).as("time of sending").isCloseTo(now, within(60_000L));
            assertThat(message.value()).contains("\"publishedAt\":\"" + EventTime.format(message.timestamp()) + "\"");
            assertThat(headers(message))
                    .containsExactlyInAnyOrderEntriesOf(Map.of(
                            "ce_specversion", "1.0",
                            "ce_type", "io.helmwatch.detections",
                            "ce_id", "gate-3/1795176000/184",
                            "ce_source", "/helmwatch/streams/gate-3",
                            "ce_time", "2026-11-20T12:00:00.040Z",
                            "ce_dataschema", "https://helmwatch.io/schema/detections-1.schema.json",
                            "content-type", "application/json"));
        }
        try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "headers.streams")) {
            ConsumerRecord<String, String> message = reader.until(1).get(0);
            assertThat(message.key()).isEqualTo("gate-3");
            assertThat(headers(message))
                    .containsExactlyInAnyOrderEntriesOf(Map.of(
                            "ce_specversion", "1.0",
                            "ce_type", "io.helmwatch.stream",
                            "ce_id", "gate-3/1795176000123/online",
                            "ce_source", "/helmwatch/streams/gate-3",
                            "ce_time", "2026-11-20T12:00:00.123Z",
                            "ce_dataschema", "https://helmwatch.io/schema/streams-1.schema.json",
                            "content-type", "application/json"));
            assertThat(SchemaFiles.streams().complaints(message.value())).isEmpty();
        }
    }

    /** Kafka rejects records that are stamped more than an hour ahead. */
    @Test
    void shouldDeliverWhatACameraWithAWrongClockCaptured() {
        long hours = 7_200_000;
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config("clock"))) {
            for (long offset : new long[] {-24 * hours, hours, 1_000_000 * hours}) {
                sink.publish(SampleMessages.capturedAt("a", System.currentTimeMillis() + offset));
                sink.publish(
                        SampleMessages.status("a", StreamStatus.State.ONLINE, System.currentTimeMillis() + offset));
            }
            Await.until("all arrived", () -> sink.statistics().published() == 6);
            assertThat(sink.statistics().dropped()).isZero();
        }
    }

    @Test
    void shouldReportOnceThatTheBrokerRejectsOurClock() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            NewTopic detections = new NewTopic("rejected.detections", 1, (short) 1)
                    .configs(Map.of("message.timestamp.before.max.ms", "1"));
            admin.createTopics(List.of(detections)).all().get();
        }
        try (LogCapture log = new LogCapture(ch.qos.logback.classic.Level.INFO, "io.helmwatch");
                KafkaDetectionSink sink =
                        new KafkaDetectionSink(config("rejected", true, Map.of("linger.ms", Secret.of("50"))))) {
            for (int i = 0; i < 30; i++) {
                sink.publish(SampleMessages.frame("a", i));
                Thread.sleep(100);
            }
            Await.until("all failed", () -> sink.statistics().dropped() == 30);
            // An idle sink whose topics were checked since knows no more than before.
            Thread.sleep(1_000);
            assertThat(sink.statistics().connected()).isFalse();
            assertThat(sink.statistics().problem()).contains("clock of this machine");
            assertThat(log.linesWith("Kafka unavailable")).hasSize(1);
            assertThat(log.linesWith("Kafka available again")).isEmpty();
        }
    }

    private static Map<String, String> headers(ConsumerRecord<String, String> message) {
        Map<String, String> headers = new java.util.HashMap<>();
        message.headers()
                .forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        return headers;
    }

    @Test
    void shouldCreateStreamsTopicCompactedAndDetectionsTopicNot() throws Exception {
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config("created"));
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            Await.until("broker is known", () -> sink.statistics().connected());
            assertThat(policy(admin, "created.streams")).isEqualTo("compact");
            assertThat(policy(admin, "created.detections")).isEqualTo("delete");
            assertThat(policy(admin, "created.events")).isEqualTo("delete");
        }
    }

    private static String policy(Admin admin, String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            try {
                return admin.describeConfigs(List.of(resource))
                        .all()
                        .get(10, TimeUnit.SECONDS)
                        .get(resource)
                        .get("cleanup.policy")
                        .value();
            } catch (ExecutionException e) {
                // The broker creates a topic before its metadata has it.
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() > until) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }

    @Test
    void shouldReportMissingTopicsWhereItMayNotCreateThemAndContinueOnceTheyAreThere() throws Exception {
        try (LogCapture log = new LogCapture(ch.qos.logback.classic.Level.INFO, "io.helmwatch");
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
                KafkaDetectionSink sink = new KafkaDetectionSink(config("missing", false, Map.of()))) {
            sink.publish(SampleMessages.frame("a", 1));
            sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 1));
            Await.until(
                    "the problem is told", () -> !sink.statistics().problem().isEmpty());
            assertThat(log.linesWith("missing on " + broker.bootstrapServers()))
                    .singleElement()
                    .asString()
                    .startsWith("WARN Kafka unavailable for detections: ")
                    .contains(
                            "missing.detections, missing.events, missing.streams; create them or set kafka.create-topics");
            admin.createTopics(List.of(
                            new NewTopic("missing.detections", 3, (short) 1),
                            new NewTopic("missing.events", 1, (short) 1),
                            new NewTopic("missing.streams", 1, (short) 1)))
                    .all()
                    .get();
            Await.until("both arrived", () -> sink.statistics().published() == 2);
            assertThat(sink.statistics().dropped()).isZero();
            Await.until(
                    "the missing compaction is told",
                    () -> !log.linesWith("expected compact").isEmpty());
        }
    }

    @Test
    void shouldRepeatTheLastStateWhenTheTopicWasDeletedAndCreatedAgain() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
                KafkaDetectionSink sink = new KafkaDetectionSink(
                        config("again", true, Map.of("metadata.max.age.ms", Secret.of("1000"))))) {
            sink.publish(SampleMessages.status("quiet", StreamStatus.State.ONLINE, 1));
            sink.publish(SampleMessages.status("busy", StreamStatus.State.ONLINE, 1));
            Await.until("both arrived", () -> sink.statistics().published() == 2);
            admin.deleteTopics(List.of("again.streams")).all().get();
            sink.publish(SampleMessages.status("busy", StreamStatus.State.OFFLINE, 2));
            Await.until("arrived again", () -> sink.statistics().published() >= 4);
            try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "again.streams")) {
                assertThat(reader.until(2))
                        .extracting(message -> TopicReader.header(message, "ce_id"))
                        .contains("quiet/1/online", "busy/2/offline");
            }
            assertThat(policy(admin, "again.streams")).isEqualTo("compact");
        }
    }

    @Test
    void shouldCountWhatIsTooLargeAndContinue() {
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config("large"))) {
            sink.publish(SampleMessages.frame("a", 1));
            sink.publish(SampleMessages.frame("a", 2, 20_000));
            sink.publish(SampleMessages.frame("a", 3));
            Await.until("the others arrived", () -> sink.statistics().published() == 2);
            assertThat(sink.statistics().dropped(SinkDropCause.TOO_LARGE)).isOne();
            assertThat(sink.statistics().dropped()).isOne();
            assertThat(sink.statistics().connected()).isTrue();
        }
    }

    /** As many as fit into the time that closing may take, also on a machine with other work. */
    @Test
    void shouldDeliverWhatIsQueuedBeforeItCloses() {
        KafkaDetectionSink sink = new KafkaDetectionSink(config("close"));
        sink.publish(SampleMessages.frame("a", 0));
        Await.until("the first arrived", () -> sink.statistics().published() == 1);
        for (int i = 1; i <= 300; i++) {
            sink.publish(SampleMessages.frame("a", i));
        }
        sink.close();
        sink.close();
        assertThat(sink.statistics().published()).isEqualTo(301);
        sink.publish(SampleMessages.frame("a", 301));
        assertThat(sink.statistics().dropped(SinkDropCause.CLOSED)).isOne();
    }

    @Test
    void shouldAccountForEverythingWhenMoreIsQueuedThanTheTimeToCloseAllows() {
        KafkaDetectionSink sink = new KafkaDetectionSink(config("much"));
        int frames = 10_000;
        for (int i = 0; i < frames; i++) {
            sink.publish(SampleMessages.frame("a", i));
        }
        Await.until("broker is known", () -> sink.statistics().connected());
        sink.close();
        assertThat(sink.statistics().published() + sink.statistics().dropped()).isEqualTo(frames);
        assertThat(sink.statistics().dropped())
                .isEqualTo(sink.statistics().dropped(SinkDropCause.CLOSED)
                        + sink.statistics().dropped(SinkDropCause.EXPIRED));
    }

    @Test
    void shouldPassClientPropertiesThrough() {
        Map<String, Secret> properties = Map.of(
                "client.id", Secret.of("site-7"), "compression.type", Secret.of("gzip"), "linger.ms", Secret.of("0"));
        Map<String, Object> producer = KafkaProperties.producer(config("through", true, properties));
        assertThat(producer)
                .containsEntry("client.id", "site-7")
                .containsEntry("compression.type", "gzip")
                .containsEntry("linger.ms", "0")
                .containsEntry("acks", "all")
                .containsEntry("enable.idempotence", "true");
        assertThat(KafkaProperties.admin(config("through", true, properties), 1_000))
                .containsEntry("client.id", "site-7-admin")
                .doesNotContainKeys("compression.type", "linger.ms");
    }

    @Test
    void shouldRefuseClientPropertiesThatCannotBeUsedWithoutShowingThem() {
        io.helmwatch.config.secret.Redaction.register(Secret.of("hidden-8814"));
        assertThatThrownBy(() -> new KafkaDetectionSink(config("bad", true, Map.of("acks", Secret.of("hidden-8814")))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("kafka.properties: Invalid value ***")
                .hasMessageNotContaining("8814")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() -> new KafkaDetectionSink(config(
                        "bad", true, Map.of("delivery.timeout.ms", Secret.of("1"), "linger.ms", Secret.of("5")))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("delivery.timeout.ms");
    }

    @Test
    void shouldCheckWhatPropertiesNameWithoutABroker() {
        assertThatThrownBy(() -> KafkaDetectionSink.check(config(
                        "bad",
                        true,
                        Map.of(
                                "security.protocol", Secret.of("SSL"),
                                "ssl.truststore.location", Secret.of("/no/such/store.jks")))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("kafka.properties.ssl.truststore.location: ")
                .hasMessageContaining("/no/such/store.jks");
        Map<String, Secret> kerberos = Map.of(
                "security.protocol", Secret.of("SASL_PLAINTEXT"),
                "sasl.kerberos.service.name", Secret.of("kafka"),
                "sasl.jaas.config",
                        Secret.of("com.sun.security.auth.module.Krb5LoginModule required useTicketCache=false;"));
        KafkaDetectionSink.check(config("kerberos", true, kerberos));
    }

    @Test
    void shouldAnswerProbe() {
        KafkaProbe probe = KafkaProbe.of(config("probe"), java.time.Duration.ofSeconds(5));
        assertThat(probe.reachable()).isTrue();
        assertThat(probe.sentence())
                .matches(
                        broker.bootstrapServers()
                                + " answers \\(1 broker, \\d+ ms\\); missing topics: probe.detections, probe.events, probe.streams \\(will be created\\)");
        assertThat(KafkaProbe.of(config("probe", false, Map.of()), java.time.Duration.ofSeconds(5))
                        .sentence())
                .endsWith("(create them or set kafka.create-topics: true)");
    }
}
