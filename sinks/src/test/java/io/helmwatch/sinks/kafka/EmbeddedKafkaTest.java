package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SampleMessages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedKafkaTest {
    @TempDir
    private Path folder;

    @Test
    void shouldKeepTopicsAndMessagesOverARestartOnTheSamePort() {
        try (EmbeddedKafka broker = EmbeddedKafka.start()) {
            int port = broker.port();
            publishTen(broker);
            broker.stop();
            broker.stop();
            long begun = System.nanoTime();
            broker.restart();
            broker.restart();
            System.out.printf("restart of the embedded broker: %d ms%n", (System.nanoTime() - begun) / 1_000_000);
            assertThat(broker.port()).isEqualTo(port);
            assertTen(broker);
        }
    }

    @Test
    void shouldKeepAGivenFolderForTheNextBrokerAndDeleteATemporaryOne() {
        Path data = folder.resolve("kafka/data");
        try (EmbeddedKafka broker = EmbeddedKafka.start(data, 0)) {
            assertThat(broker.dataDir()).isEqualTo(data);
            publishTen(broker);
        }
        assertThat(data.resolve("meta.properties")).exists();
        Path temporary;
        try (EmbeddedKafka broker = EmbeddedKafka.start(data, 0);
                EmbeddedKafka other = EmbeddedKafka.start()) {
            assertTen(broker);
            temporary = other.dataDir();
            assertThat(temporary).isNotEmptyDirectory();
            assertThat(other.port()).isNotEqualTo(broker.port());
        }
        assertThat(temporary).doesNotExist();
    }

    @Test
    void shouldListenOnTheGivenPortOfTheLoopbackAddressOnly() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try (EmbeddedKafka broker = EmbeddedKafka.start(null, port)) {
            assertThat(broker.bootstrapServers()).isEqualTo("127.0.0.1:" + port);
            assertThatThrownBy(() -> EmbeddedKafka.start(null, port))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("embedded Kafka", "port " + port, "127.0.0.1", "taken", "choose another");
            try (ServerSocket sameOnAnotherAddress =
                    new ServerSocket(port, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 2}))) {
                assertThat(sameOnAnotherAddress.isBound()).isTrue();
            }
        }
    }

    @Test
    void shouldSayInOneSentenceWhyItDoesNotStart() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> EmbeddedKafka.start(file, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("embedded Kafka: data directory " + file + " cannot be created: ");
        Path broken = Files.createDirectory(folder.resolve("broken"));
        Files.writeString(broken.resolve("meta.properties"), "version=1\ncluster.id=x\nnode.id=77\n");
        assertThatThrownBy(() -> EmbeddedKafka.start(broken, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("with data in " + broken + " does not start: ");
    }

    @Test
    void shouldWriteNothingToStandardOutputAndError() {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (LogCapture log = new LogCapture(ch.qos.logback.classic.Level.INFO, "io.helmwatch")) {
            PrintStream capture = new PrintStream(said, true, StandardCharsets.UTF_8);
            System.setOut(capture);
            System.setErr(capture);
            try (EmbeddedKafka broker = EmbeddedKafka.start()) {
                publishTen(broker);
                assertThat(log.linesWith("Embedded Kafka started: address=" + broker.bootstrapServers()))
                        .hasSize(1);
            }
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void shouldNotLoadTheBrokerWhereItIsNotUsed() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xlog:class+load:stdout",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SinkAlone.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String loaded = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(loaded)
                .contains(" " + KafkaDetectionSink.class.getName() + " ")
                .doesNotContain(" kafka.server.")
                .doesNotContain(" scala.")
                .doesNotContain(" org.apache.logging.log4j.")
                .doesNotContain(" org.apache.kafka.metadata.");
    }

    /** A program with a Kafka sink and no embedded broker. */
    static final class SinkAlone {
        public static void main(String[] args) {
            try (KafkaDetectionSink sink =
                    new KafkaDetectionSink(KafkaConfig.DEFAULT.withBootstrapServers("127.0.0.1:1"))) {
                sink.publish(SampleMessages.frame("a", 1));
            }
        }
    }

    private static void publishTen(EmbeddedKafka broker) {
        try (KafkaDetectionSink sink =
                new KafkaDetectionSink(KafkaConfig.DEFAULT.withBootstrapServers(broker.bootstrapServers()))) {
            for (int i = 0; i < 10; i++) {
                sink.publish(SampleMessages.frame("a", i));
            }
            Await.until("ten arrived", () -> sink.statistics().published() == 10);
        }
    }

    private static void assertTen(EmbeddedKafka broker) {
        try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "helmwatch.detections")) {
            assertThat(reader.until(10)).hasSize(10);
        }
    }
}
