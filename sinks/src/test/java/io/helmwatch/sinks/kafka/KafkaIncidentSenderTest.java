package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.sinks.spool.SpoolingIncidentSink;
import io.helmwatch.vision.Incident;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class KafkaIncidentSenderTest {
    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    @TempDir
    Path folder;

    private String topic;

    @BeforeEach
    void nameTopic(TestInfo test) {
        topic = test.getTestMethod().orElseThrow().getName();
    }

    private KafkaConfig config(Map<String, Secret> properties) {
        return TestConfigs.events(broker.bootstrapServers(), topic, properties);
    }

    private IncidentSpool spool() {
        return new IncidentSpool(new SpoolConfig(folder, 64 << 20, false), Clock.systemUTC());
    }

    private static Incident start(String stream, int number) {
        return Incidents.bareHead(stream, number, 0, Incident.Phase.START);
    }

    @Test
    void shouldSendWhatLiesInTheSpoolWithKeysHeadersAndTheRecordedBytes() {
        try (IncidentSpool spool = spool()) {
            spool.append(List.of(
                    start("gate-3", 1), start("gate-4", 1), Incidents.bareHead("gate-3", 1, 1, Incident.Phase.END)));
            byte[] recorded = spool.next(0, 1).get(0).value();
            try (KafkaIncidentSender sender = new KafkaIncidentSender(config(Map.of()), spool)) {
                List<ConsumerRecord<String, String>> records = read(3);
                ConsumerRecord<String, String> first = records.stream()
                        .filter(record -> record.key().equals("gate-3"))
                        .findFirst()
                        .orElseThrow();
                assertThat(first.timestamp())
                        .as("time of sending")
                        .isCloseTo(System.currentTimeMillis(), within(60_000L));
                assertThat(first.value()).isEqualTo(new String(recorded, StandardCharsets.UTF_8));
                Map<String, String> headers = new HashMap<>();
                first.headers()
                        .forEach(header ->
                                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
                assertThat(headers)
                        .containsExactlyInAnyOrderEntriesOf(Map.of(
                                "ce_specversion", "1.0",
                                "ce_type", "io.helmwatch.incident.start",
                                "ce_id", "gate-3/1795176000/no-helmet-in-pit/1/0",
                                "ce_source", "/helmwatch/streams/gate-3",
                                "ce_subject", "gate-3/1795176000/no-helmet-in-pit/1",
                                "ce_time", "2026-11-20T12:00:02.240Z",
                                "ce_dataschema", "https://helmwatch.io/schema/events-1.schema.json",
                                "content-type", "application/json"));
                await(() -> spool.waiting() == 0);
                assertThat(spool.delivered()).isEqualTo(3);
                assertThat(sender.isConnected()).isTrue();
            }
        }
    }

    @Test
    void shouldKeepTheOrderOfEveryStreamOverARestartOfTheBroker() throws InterruptedException {
        try (IncidentSpool spool = spool();
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
                KafkaIncidentSender sender = new KafkaIncidentSender(config(Map.of()), spool)) {
            for (int number = 1; number <= 300; number++) {
                sink.publish(start("gate-" + number % 3, number));
                if (number == 100) {
                    await(() -> spool.delivered() > 0);
                    broker.stop();
                } else if (number == 250) {
                    Thread.sleep(500);
                    broker.restart();
                }
            }
            List<ConsumerRecord<String, String>> records = read(300);
            for (int stream = 0; stream < 3; stream++) {
                String key = "gate-" + stream;
                List<Integer> numbers = records.stream()
                        .filter(record -> record.key().equals(key))
                        .map(record -> Integer.valueOf(record.value().replaceAll("(?s).*?pit/(\\d+)/0\".*", "$1")))
                        .distinct()
                        .toList();
                assertThat(numbers).hasSize(100).isSorted();
            }
            IncidentStatistics statistics = sink.statistics();
            await(() -> statistics.waiting() == 0);
            assertThat(statistics.accepted()).isEqualTo(300);
            assertThat(statistics.delivered()).isEqualTo(300);
            assertThat(statistics.refused()).isZero();
        }
    }

    @Test
    void shouldMoveAMessageThatIsTooLargeToTheDeadLettersAndContinue() {
        try (IncidentSpool spool = spool()) {
            List<Incident.Position> path = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                path.add(new Incident.Position(
                        17, i, start("gate-3", 1).positions().get(0).sourceBox()));
            }
            Incident plain = start("gate-3", 1);
            Incident large = Incidents.withPositions(Incidents.bareHead("gate-3", 1, 1, Incident.Phase.UPDATE), path);
            spool.append(List.of(plain, large, Incidents.bareHead("gate-3", 1, 2, Incident.Phase.END)));
            try (KafkaIncidentSender sender =
                    new KafkaIncidentSender(config(Map.of("max.request.size", Secret.of("3000"))), spool)) {
                assertThat(read(2)).hasSize(2);
                await(() -> spool.waiting() == 0);
                assertThat(spool.deadLetters()).isEqualTo(1);
                assertThat(folder.resolve("dead-letters.jsonl")).content().contains("no-helmet-in-pit/1/1");
                assertThat(sender.problem()).isEmpty();
            }
        }
    }

    @Test
    void shouldContinueAfterTheTopicWasDeleted() throws Exception {
        try (IncidentSpool spool = spool();
                KafkaIncidentSender sender = new KafkaIncidentSender(config(Map.of()), spool);
                Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) broker.bootstrapServers()))) {
            spool.append(List.of(start("gate-3", 1)));
            await(() -> spool.waiting() == 0);
            admin.deleteTopics(List.of(topic)).all().get();
            // Until it is gone, the broker acknowledges messages that it then deletes.
            while (admin.listTopics().names().get().contains(topic)) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            spool.append(List.of(start("gate-3", 2)));
            await(() -> spool.waiting() == 0);
            assertThat(read(1))
                    .last()
                    .satisfies(record -> assertThat(record.value()).contains("pit/2/0"));
            assertThat(sender.isConnected()).isTrue();
        }
    }

    @Test
    void shouldLeaveTheSpoolAsItIsWhenClosedWithoutABroker() {
        try (IncidentSpool spool = spool()) {
            KafkaConfig nobody = TestConfigs.events("127.0.0.1:1", topic, Map.of());
            long begun = System.nanoTime();
            try (KafkaIncidentSender sender = new KafkaIncidentSender(nobody, spool)) {
                spool.append(List.of(start("gate-3", 1)));
                await(() -> !sender.problem().isEmpty());
                assertThat(sender.isConnected()).isFalse();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
            assertThat(spool.waiting()).isEqualTo(1);
        }
    }

    private List<ConsumerRecord<String, String>> read(int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        Map<String, Object> properties = Map.of(
                "bootstrap.servers", broker.bootstrapServers(), "auto.offset.reset", "earliest", "group.id", topic);
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (records.size() < count && System.nanoTime() < until) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        assertThat(records).hasSizeGreaterThanOrEqualTo(count);
        return records;
    }

    private static void await(BooleanSupplier condition) {
        long until = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
