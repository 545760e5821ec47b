package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.sinks.spool.SpoolingIncidentSink;
import io.helmwatch.vision.Incident;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** A broker whose password changes under us and is put right again. */
class AuthenticationOutageTest {
    private static final String PASSWORD = "right-0n3-8815";
    private static final String OTHER = "changed-7f2c";
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private static PasswordListener listener;
    private static EmbeddedKafka broker;

    @TempDir
    Path folder;

    private String topic;

    @BeforeAll
    static void startBroker() throws Exception {
        listener = PasswordListener.onFreePorts();
        broker = EmbeddedKafka.start(null, listener.plainPort(), listener.settings());
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) {
            broker.close();
        }
    }

    @BeforeEach
    void nameTopic(TestInfo test) throws Exception {
        topic = test.getTestMethod().orElseThrow().getName();
        listener.setPassword(PASSWORD);
    }

    private IncidentSpool spool() {
        return new IncidentSpool(new SpoolConfig(folder, 64 << 20, false), Clock.systemUTC());
    }

    private static LogCapture log() {
        return new LogCapture(
                Level.DEBUG, "io.helmwatch", "org.apache.kafka.clients", "org.apache.kafka.common.security");
    }

    private static Incident start(int number) {
        return Incidents.bareHead("gate-" + number % 3, number, 0, Incident.Phase.START);
    }

    @Test
    void shouldLoseNoIncidentAndKeepTheOrderWhileThePasswordIsWrong() throws Exception {
        try (LogCapture log = log();
                IncidentSpool spool = spool();
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
                KafkaIncidentSender sender = new KafkaIncidentSender(listener.client(topic, PASSWORD), spool)) {
            publish(sink, 1, 60);
            await("the first arrived", () -> spool.delivered() == 60);

            listener.setPassword(OTHER);
            int published = 60;
            while (!sender.problem().contains("denies access") && published < 2_000) {
                publish(sink, published + 1, published + 3);
                published += 3;
                Thread.sleep(50);
            }
            assertThat(sender.isConnected()).isFalse();
            assertThat(sender.problem())
                    .startsWith(listener.servers() + " denies access (Authentication failed")
                    .endsWith(")");
            publish(sink, published + 1, published + 60);
            published += 60;
            // Changes shorter than a few seconds are not logged.
            await(
                    "the outage is logged",
                    () -> !log.linesWith("Kafka unavailable for incidents").isEmpty());

            listener.setPassword(PASSWORD);
            long mended = System.nanoTime();
            await("everything arrived", () -> spool.waiting() == 0);
            System.out.printf(
                    "password wrong for a while: %d incidents, back %.1f s after it was right again%n",
                    published, (System.nanoTime() - mended) / 1e9);
            assertThat(sender.isConnected()).isTrue();
            assertThat(sender.problem()).isEmpty();
            assertThat(sink.statistics().refused()).isZero();
            assertThat(sink.statistics().deadLetters()).isZero();
            assertEachOnceInOrder(published);
            await(
                    "the recovery is logged",
                    () -> !log.linesWith("Kafka available again for incidents").isEmpty());
            assertNoPassword(log);
        }
    }

    @Test
    void shouldDeliverByItselfWhatWaitedSinceAStartWithTheWrongPassword() throws Exception {
        listener.setPassword(OTHER);
        try (LogCapture log = log();
                IncidentSpool spool = spool();
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
                KafkaIncidentSender sender = new KafkaIncidentSender(listener.client(topic, PASSWORD), spool)) {
            publish(sink, 1, 30);
            await("it is told", () -> sender.problem().contains("denies access (Authentication failed"));
            assertThat(spool.delivered()).isZero();

            listener.setPassword(PASSWORD);
            await("everything arrived", () -> spool.waiting() == 0 && spool.delivered() == 30);
            assertThat(sender.problem()).isEmpty();
            assertEachOnceInOrder(30);
            assertNoPassword(log);
        }
    }

    @Test
    void shouldContinueWithDetectionsOnceThePasswordIsRightAgain() throws Exception {
        try (LogCapture log = log();
                KafkaDetectionSink sink = new KafkaDetectionSink(listener.client(topic, PASSWORD))) {
            sink.publish(SampleMessages.frame("a", 0));
            await("the first arrived", () -> sink.statistics().published() == 1);

            listener.setPassword(OTHER);
            int frames = 1;
            while (sink.statistics().connected() && frames < 1_000) {
                sink.publish(SampleMessages.frame("a", frames++));
                Thread.sleep(50);
            }
            await("it is told why", () -> sink.statistics().problem().contains("Authentication failed"));

            listener.setPassword(PASSWORD);
            sink.publish(SampleMessages.frame("a", frames++));
            int all = frames;
            await(
                    "everything is accounted for",
                    () -> sink.statistics().published() + sink.statistics().dropped() == all);
            assertThat(sink.statistics().dropped()).isZero();
            assertThat(sink.statistics().connected()).isTrue();
            assertNoPassword(log);
        }
    }

    private static void publish(SpoolingIncidentSink sink, int from, int to) {
        for (int number = from; number <= to; number++) {
            sink.publish(start(number));
        }
    }

    /** Repeats with known ids aside. */
    private void assertEachOnceInOrder(int published) {
        try (TopicReader reader = new TopicReader(listener.plainServers(), topic)) {
            List<ConsumerRecord<String, String>> records = reader.until(all -> all.stream()
                            .map(message -> TopicReader.header(message, "ce_id"))
                            .distinct()
                            .count()
                    == published);
            List<String> ids = records.stream()
                    .map(message -> TopicReader.header(message, "ce_id"))
                    .distinct()
                    .toList();
            assertThat(ids).hasSize(published);
            for (int stream = 0; stream < 3; stream++) {
                String key = "gate-" + stream + "/";
                assertThat(ids.stream()
                                .filter(id -> id.startsWith(key))
                                .map(id -> Integer.valueOf(id.split("/", -1)[3])))
                        .hasSize(published / 3)
                        .isSorted();
            }
            assertThat(records).noneMatch(message -> message.value().contains(PASSWORD));
        }
    }

    private static void assertNoPassword(LogCapture log) {
        assertThat(log.lines())
                .isNotEmpty()
                .noneMatch(line -> line.contains(PASSWORD))
                .noneMatch(line -> line.contains(OTHER));
    }

    private static void await(String what, BooleanSupplier condition) {
        Await.until(what, LONGEST, condition);
    }
}
