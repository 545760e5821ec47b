package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.Secret;
import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** The sink against brokers that are away, come back, hang or refuse. */
class BrokerOutageTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration BOUND = Duration.ofSeconds(6);

    private static KafkaConfig config(String servers, int queueCapacity, Map<String, Secret> properties) {
        KafkaConfig d = KafkaConfig.DEFAULT;
        return new KafkaConfig(
                true,
                servers,
                false,
                null,
                0,
                d.detectionsTopic(),
                d.eventsTopic(),
                d.streamsTopic(),
                true,
                queueCapacity,
                properties);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void shouldStartWithoutABrokerAndDeliverOnceThereIsOne() throws IOException {
        int port = freePort();
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch");
                KafkaDetectionSink sink = new KafkaDetectionSink(config("127.0.0.1:" + port, 1_000, Map.of()))) {
            sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 1));
            for (int i = 0; i < 100; i++) {
                sink.publish(SampleMessages.frame("a", i));
            }
            Await.until(
                    "it is told that there is none",
                    () -> !sink.statistics().problem().isEmpty());
            assertThat(sink.statistics().connected()).isFalse();
            assertThat(sink.statistics().queueDepth()).isEqualTo(101);
            try (EmbeddedKafka broker = EmbeddedKafka.start(null, port)) {
                Await.until("all arrived", () -> sink.statistics().published() == 101);
                assertThat(sink.statistics().dropped()).isZero();
                try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "helmwatch.detections")) {
                    assertThat(sequences(reader.until(100))).hasSize(100).isSorted();
                }
                assertThat(log.linesWith("kafka is away")).hasSize(1);
                Await.until(
                        "it is told that it is back",
                        () -> log.linesWith("kafka is back").size() == 1);
            }
        }
    }

    @Test
    void shouldNeverHoldUpTheCallerAndRecoverWhenTheBrokerIsRestarted() throws Exception {
        int capacity = 1_000;
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch");
                EmbeddedKafka broker = EmbeddedKafka.start();
                KafkaDetectionSink sink = new KafkaDetectionSink(config(
                        broker.bootstrapServers(),
                        capacity,
                        // The client keeps little of what it takes, and that not for long, so that the sink has to.
                        Map.of(
                                "delivery.timeout.ms", Secret.of("1500"),
                                "request.timeout.ms", Secret.of("1000"),
                                "buffer.memory", Secret.of("65536"))))) {
            sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 1));
            for (int i = 0; i < 100; i++) {
                sink.publish(SampleMessages.frame("a", i));
            }
            Await.until("the first arrived", () -> sink.statistics().published() == 101);

            broker.stop();
            sink.publish(SampleMessages.status("a", StreamStatus.State.OFFLINE, 2));
            int away = 6_000;
            long[] nanos = new long[away];
            for (int i = 0; i < away; i++) {
                FrameDetections frame = SampleMessages.frame("a", 100 + i);
                long begun = System.nanoTime();
                sink.publish(frame);
                nanos[i] = System.nanoTime() - begun;
                if (i % 3 == 0) {
                    Thread.sleep(1);
                }
            }
            Arrays.sort(nanos);
            long p99 = nanos[away * 99 / 100];
            System.out.printf(
                    "publish while the broker is away: p50 %d us, p99 %d us, max %d us%n",
                    nanos[away / 2] / 1_000, p99 / 1_000, nanos[away - 1] / 1_000);
            assertThat(p99).isLessThan(TimeUnit.MILLISECONDS.toNanos(5));
            assertThat(sink.statistics().queueDepth()).isLessThanOrEqualTo(capacity + 1);
            Await.until("it is noticed", () -> !sink.statistics().connected());
            assertThat(sink.statistics().dropped(SinkDropCause.QUEUE_FULL)).isGreaterThan(3_000);
            sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 3));

            broker.restart();
            long last = 100 + away;
            sink.publish(SampleMessages.frame("a", last));
            long all = last + 1 + 3;
            Await.until(
                    "everything is accounted for",
                    () -> sink.statistics().published() + sink.statistics().dropped() == all
                            && sink.statistics().queueDepth() == 0);
            assertThat(sink.statistics().connected()).isTrue();
            try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "helmwatch.detections")) {
                List<Long> sequences = sequences(
                        reader.until(found -> found.size() >= sink.statistics().published() - 3));
                assertThat(sequences).isSorted().doesNotHaveDuplicates().endsWith(last);
                assertThat(sequences.size()).isGreaterThan(1_000);
            }
            try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "helmwatch.streams")) {
                assertThat(reader.until(3))
                        .extracting(message -> TopicReader.header(message, "ce_id"))
                        .containsExactly("a/1/online", "a/2/offline", "a/3/online");
            }
            Await.until("it is told", () -> !log.linesWith("kafka is back").isEmpty());
            assertThat(log.linesWith("kafka is away")).isNotEmpty();
            assertThat(log.lines()).as("nothing is logged per message").hasSizeLessThan(15);
        }
    }

    @Test
    void shouldLoseNothingInAnOutageThatTheQueueOutlasts() throws Exception {
        try (EmbeddedKafka broker = EmbeddedKafka.start();
                KafkaDetectionSink sink = new KafkaDetectionSink(config(broker.bootstrapServers(), 1_000, Map.of()))) {
            sink.publish(SampleMessages.frame("a", 0));
            Await.until("the first arrived", () -> sink.statistics().published() == 1);
            broker.stop();
            for (int i = 1; i <= 300; i++) {
                sink.publish(SampleMessages.frame("a", i));
                Thread.sleep(5);
            }
            Await.until("it is noticed", () -> !sink.statistics().connected());
            broker.restart();
            Await.until("all arrived", () -> sink.statistics().published() == 301);
            assertThat(sink.statistics().dropped()).isZero();
            try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "helmwatch.detections")) {
                assertThat(sequences(reader.until(301)))
                        .containsExactlyElementsOf(
                                LongStream.rangeClosed(0, 300).boxed().toList());
            }
        }
    }

    @Test
    void shouldNotBeHeldUpByABrokerThatAcceptsAndNeverAnswers() throws Exception {
        List<Socket> accepted = new ArrayList<>();
        try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread acceptor = new Thread(() -> {
                try {
                    while (true) {
                        Socket socket = mute.accept();
                        synchronized (accepted) {
                            accepted.add(socket);
                        }
                    }
                } catch (IOException e) {
                    // closed: the test is over
                }
            });
            acceptor.start();
            KafkaDetectionSink sink = new KafkaDetectionSink(config("127.0.0.1:" + mute.getLocalPort(), 100, Map.of()));
            long worst = 0;
            for (int i = 0; i < 2_000; i++) {
                long begun = System.nanoTime();
                sink.publish(SampleMessages.frame("a", i));
                worst = Math.max(worst, System.nanoTime() - begun);
            }
            assertThat(worst).isLessThan(TimeUnit.MILLISECONDS.toNanos(500));
            assertThat(sink.statistics().dropped(SinkDropCause.QUEUE_FULL)).isEqualTo(1_900);
            Await.until("it is noticed", () -> !sink.statistics().problem().isEmpty());
            KafkaProbe probe =
                    KafkaProbe.of(config("127.0.0.1:" + mute.getLocalPort(), 100, Map.of()), Duration.ofMillis(500));
            assertThat(probe.reachable()).isFalse();
            assertClosesInTime(sink);
            assertThat(sink.statistics().dropped(SinkDropCause.CLOSED)).isEqualTo(100);
            mute.close();
            acceptor.join();
        } finally {
            for (Socket socket : accepted) {
                socket.close();
            }
        }
    }

    @Test
    void shouldCloseInBoundedTimeWithoutABroker() throws IOException {
        KafkaDetectionSink sink = new KafkaDetectionSink(config("127.0.0.1:" + freePort(), 100, Map.of()));
        for (int i = 0; i < 10; i++) {
            sink.publish(SampleMessages.frame("a", i));
        }
        assertClosesInTime(sink);
        assertThat(sink.statistics().dropped(SinkDropCause.CLOSED)).isEqualTo(10);
    }

    @Test
    void shouldCloseInBoundedTimeWhenTheBrokerGoesAwayUnderway() {
        EmbeddedKafka broker = EmbeddedKafka.start();
        KafkaDetectionSink sink = new KafkaDetectionSink(config(broker.bootstrapServers(), 10_000, Map.of()));
        sink.publish(SampleMessages.frame("a", 0));
        Await.until("the first arrived", () -> sink.statistics().published() == 1);
        broker.close();
        for (int i = 1; i <= 1_000; i++) {
            sink.publish(SampleMessages.frame("a", i));
        }
        assertClosesInTime(sink);
        assertThat(sink.statistics().published() + sink.statistics().dropped()).isEqualTo(1_001);
    }

    private static void assertClosesInTime(KafkaDetectionSink sink) {
        long begun = System.nanoTime();
        sink.close();
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        assertThat(took).isLessThan(BOUND);
        Await.until(
                "threads have ended",
                Duration.ofSeconds(3),
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("kafka-sink")));
    }

    @Test
    void shouldStartWhereTheNameOfTheBrokerIsNotKnownYet() {
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config("no-such-host.invalid:9092", 100, Map.of()))) {
            sink.publish(SampleMessages.frame("a", 0));
            Await.until("it is told", () -> !sink.statistics().problem().isEmpty());
            assertThat(sink.statistics().problem()).contains("no-such-host.invalid:9092");
        }
    }

    @Test
    void shouldTellThatTheBrokerRefusesWithoutShowingThePasswordAndRecoverWithTheRightOne() {
        String wrong = "wr0ng-p@ss \"w\\rd";
        Map<String, String> sasl = Map.of(
                "listener.security.protocol.map", "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "sasl.enabled.mechanisms", "PLAIN",
                "sasl.mechanism.inter.broker.protocol", "PLAIN",
                "listener.name.clients.plain.sasl.jaas.config",
                        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"admin\""
                                + " password=\"admin-secret\" user_admin=\"admin-secret\" user_site=\"right-secret\";");
        try (LogCapture log = new LogCapture(Level.DEBUG, "io.helmwatch", "org.apache.kafka.clients");
                EmbeddedKafka broker = EmbeddedKafka.start(null, 0, sasl)) {
            KafkaConfig refused = config(broker.bootstrapServers(), 100, login(wrong));
            try (KafkaDetectionSink sink = new KafkaDetectionSink(refused)) {
                sink.publish(SampleMessages.frame("a", 0));
                Await.until("it is told", () -> !sink.statistics().problem().isEmpty());
                assertThat(sink.statistics().problem()).contains("Authentication failed");
                assertThat(sink.statistics().connected()).isFalse();
            }
            KafkaProbe probe = KafkaProbe.of(refused, Duration.ofSeconds(3));
            assertThat(probe.reachable()).isFalse();
            assertThat(probe.sentence()).contains("Authentication failed").doesNotContain("wr0ng");
            assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains("wr0ng"));
            try (KafkaDetectionSink sink =
                    new KafkaDetectionSink(config(broker.bootstrapServers(), 100, login("right-secret")))) {
                sink.publish(SampleMessages.frame("a", 0));
                Await.until("it arrived", () -> sink.statistics().published() == 1);
            }
            assertThat(log.lines()).noneMatch(line -> line.contains("right-secret"));
        }
    }

    private static Map<String, Secret> login(String password) {
        String quoted = password.replace("\\", "\\\\").replace("\"", "\\\"");
        return Map.of(
                "security.protocol", Secret.of("SASL_PLAINTEXT"),
                "sasl.mechanism", Secret.of("PLAIN"),
                "sasl.jaas.config",
                        Secret.of(
                                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"site\" password=\""
                                        + quoted + "\";"));
    }

    private static List<Long> sequences(List<ConsumerRecord<String, String>> messages) {
        List<Long> sequences = new ArrayList<>();
        for (ConsumerRecord<String, String> message : messages) {
            try {
                sequences.add(MAPPER.readTree(message.value()).get("sequence").asLong());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        return sequences;
    }
}
