package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SampleMessages;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Brokers that answer, and still cannot be used. */
class BrokerDiagnosisTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @RegisterExtension
    static final SharedBroker shared = new SharedBroker();

    @TempDir
    Path folder;

    private static KafkaConfig config(String servers, Map<String, Secret> properties) {
        return TestConfigs.kafka(servers, "diagnosis", 100, properties);
    }

    @Test
    void shouldNameTheAdvertisedAddressThatCannotBeReached() {
        String internal = "kafka-internal.invalid:9092";
        try (EmbeddedKafka broker =
                EmbeddedKafka.start(null, 0, Map.of("advertised.listeners", "CLIENTS://" + internal))) {
            KafkaConfig config = config(broker.bootstrapServers(), Map.of());
            try (KafkaDetectionSink sink = new KafkaDetectionSink(config)) {
                sink.publish(SampleMessages.frame("a", 0));
                Await.until(
                        "the cause is found", () -> sink.statistics().problem().contains("advertised.listeners"));
                assertThat(sink.statistics().problem())
                        .contains(broker.bootstrapServers(), internal, "unknown host")
                        .doesNotContain("\n");
            }
            KafkaProbe probe = KafkaProbe.of(config, Duration.ofSeconds(2));
            assertThat(probe.reachable()).isFalse();
            assertThat(probe.sentence()).contains(internal, "advertised.listeners");
        }
    }

    @Test
    void shouldNameAPlainPortThatIsUsedWithTls() {
        KafkaConfig config = config(shared.bootstrapServers(), Map.of("security.protocol", Secret.of("SSL")));
        KafkaProbe probe = KafkaProbe.of(config, Duration.ofSeconds(3));
        assertThat(probe.reachable()).isFalse();
        assertThat(probe.sentence())
                .contains(shared.bootstrapServers(), "without TLS", "security.protocol=SSL", "PLAINTEXT");
    }

    @Test
    void shouldNameATlsPortThatIsUsedWithoutTls() throws Exception {
        try (SSLServerSocket server = tlsServer()) {
            Thread acceptor = new Thread(() -> accept(server));
            acceptor.setDaemon(true);
            acceptor.start();
            KafkaConfig config = config("127.0.0.1:" + server.getLocalPort(), Map.of());
            KafkaProbe probe = KafkaProbe.of(config, Duration.ofSeconds(2));
            assertThat(probe.reachable()).isFalse();
            assertThat(probe.sentence()).contains("expects TLS", "security.protocol=PLAINTEXT", "SSL");
        }
    }

    @Test
    void shouldNotExplainABrokerThatIsNotThere() {
        KafkaProbe probe = KafkaProbe.of(config("127.0.0.1:1", Map.of()), Duration.ofMillis(500));
        assertThat(probe.sentence()).isEqualTo("127.0.0.1:1 does not answer");
    }

    private static void accept(SSLServerSocket server) {
        try {
            while (true) {
                try (Socket socket = server.accept()) {
                    ((SSLSocket) socket).startHandshake();
                } catch (javax.net.ssl.SSLException e) {
                    // A client without TLS, or one that does not trust the certificate.
                }
            }
        } catch (IOException e) {
            // closed: the test is over
        }
    }

    /** A server with a certificate that nobody trusts. */
    private SSLServerSocket tlsServer() throws IOException, InterruptedException, GeneralSecurityException {
        Path store = folder.resolve("server.p12");
        assertThat(new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "server",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=localhost",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                store.toString(),
                                "-storepass",
                                new String(PASSWORD))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor())
                .isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }
}
