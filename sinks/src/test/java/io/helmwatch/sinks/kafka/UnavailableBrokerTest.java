package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.sinks.SinkDropCause;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The sink and brokers that do not exist, hang, stop or deny access. */
class UnavailableBrokerTest {
    private static final Duration BOUND = Duration.ofSeconds(6);

    @RegisterExtension
    static final SharedBroker shared = new SharedBroker();

    @AfterEach
    void restart() {
        shared.restart();
    }

    private static KafkaConfig config(String servers, int queueCapacity, Map<String, Secret> properties) {
        return TestConfigs.kafka(servers, "unavailable", queueCapacity, properties);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void shouldNotBeBlockedByABrokerThatAcceptsAndNeverAnswers() throws Exception {
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
        KafkaDetectionSink sink = new KafkaDetectionSink(config(shared.bootstrapServers(), 10_000, Map.of()));
        sink.publish(SampleMessages.frame("a", 0));
        Await.until("the first arrived", () -> sink.statistics().published() == 1);
        shared.stop();
        for (int i = 1; i <= 1_000; i++) {
            sink.publish(SampleMessages.frame("a", i));
        }
        assertClosesInTime(sink);
        assertThat(sink.statistics().published() + sink.statistics().dropped()).isEqualTo(1_001);
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
    void shouldReportThatTheBrokerRefusesWithoutShowingThePasswordAndRecoverWithTheRightOne() {
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
}
