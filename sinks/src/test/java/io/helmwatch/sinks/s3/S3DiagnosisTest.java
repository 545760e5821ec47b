package io.helmwatch.sinks.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.helmwatch.config.incident.S3Config;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.sinks.kafka.LogCapture;
import io.helmwatch.sinks.s3.FaultyNetwork.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkGlobalTime;

/** Each reason why a bucket cannot be used is one sentence that says what to do, without secrets. */
class S3DiagnosisTest {
    private static final String KEY_ID = "AKIA-HELMWATCH-TEST";
    private static final Duration PATIENT = Duration.ofSeconds(30);
    /** A port that nobody listens at. */
    private static final int NOBODY = 9;

    @TempDir
    Path folder;

    /** The client signs with the time of the server that refused its own, JVM-wide. */
    @AfterEach
    void resetClock() {
        SdkGlobalTime.setGlobalTimeOffset(0);
    }

    private static S3Config config(URI endpoint, Path authorities, Duration keep) {
        return new S3Config(
                endpoint,
                "us-east-1",
                "evidence",
                "",
                true,
                Secret.of(KEY_ID),
                Secret.of(Evidence.SECRET),
                S3Config.Encryption.BUCKET,
                null,
                authorities,
                keep);
    }

    private static String probe(S3Config config) {
        return probe(config, PATIENT);
    }

    private static String probe(S3Config config, Duration silence) {
        try (LogCapture log = new LogCapture(Level.DEBUG, "io.helmwatch", "software.amazon.awssdk")) {
            S3Probe probe = S3Probe.of(config, new S3Storage.Limits(PATIENT, silence, PATIENT));
            assertThat(probe.isUsable()).isFalse();
            assertThat(probe.sentence()).doesNotContain(Evidence.SECRET, KEY_ID, "\n", "Exception");
            assertThat(log.linesWith(Evidence.SECRET)).isEmpty();
            return probe.sentence();
        }
    }

    static Stream<Arguments> answers() {
        // A few seconds more, so that those of the test do not count.
        String anHourAhead = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.now().plus(Duration.ofMinutes(60)).plusSeconds(20).atOffset(ZoneOffset.UTC));
        return Stream.of(
                Arguments.of(
                        Fault.answer(403, "SignatureDoesNotMatch", ""),
                        "refuses the signature: check incidents.s3.secret-key"),
                Arguments.of(
                        Fault.answer(403, "InvalidAccessKeyId", ""),
                        "does not know the access key: check incidents.s3.access-key"),
                Arguments.of(
                        Fault.answer(403, "AccessDenied", ""),
                        "denied: the access key needs s3:PutObject and s3:GetObject, and with keep s3:ListBucket"),
                Arguments.of(Fault.answer(403, "", ""), "denied: the access key needs"),
                Arguments.of(Fault.answer(404, "NoSuchBucket", ""), "there is no bucket evidence at http://127.0.0.1"),
                Arguments.of(
                        Fault.answer(403, "RequestTimeTooSkewed", "Date: " + anHourAhead + "\r\n"),
                        "the clock of this machine is 60 min off from that of http://127.0.0.1"),
                Arguments.of(
                        Fault.answer(301, "PermanentRedirect", "x-amz-bucket-region: eu-central-1\r\n"),
                        "bucket evidence is in region eu-central-1, not us-east-1: set incidents.s3.region"),
                Arguments.of(Fault.answer(503, "SlowDown", ""), "is overloaded and asks to slow down (SlowDown)"),
                Arguments.of(Fault.answer(507, "XMinioStorageFull", ""), "has no space left for bucket evidence"),
                Arguments.of(Fault.answer(502, "", ""), "answered 502"),
                Arguments.of(Fault.silence(0), "did not answer in time"));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void shouldSayWhyTheServerRefuses(Fault fault, String sentence) throws Exception {
        try (FaultyNetwork network = new FaultyNetwork(NOBODY)) {
            network.fail(fault, Integer.MAX_VALUE);
            URI endpoint = URI.create("http://127.0.0.1:" + network.port());
            Duration silence = fault.isSilent() ? Duration.ofSeconds(1) : PATIENT;
            assertThat(probe(config(endpoint, null, Duration.ofDays(1)), silence))
                    .contains(sentence);
        }
    }

    @Test
    void shouldSayThatNobodyListens() {
        assertThat(probe(config(URI.create("http://127.0.0.1:" + NOBODY), null, null)))
                .isEqualTo("http://127.0.0.1:9 cannot be reached: Connection refused");
    }

    @Test
    void shouldSayThatAServerDoesNotSpeakTls() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answers = new Thread(() -> {
                try (Socket client = plain.accept()) {
                    client.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    client.getInputStream().transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    // The client is gone.
                }
            });
            answers.start();
            assertThat(probe(config(URI.create("https://127.0.0.1:" + plain.getLocalPort()), null, null)))
                    .contains("cannot be reached over TLS", "an endpoint without TLS begins with http://");
        }
    }

    @Test
    void shouldTrustTheConfiguredAuthoritiesOnly() throws Exception {
        Path store = folder.resolve("server.p12");
        keytool("-genkeypair", store, "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "SAN=ip:127.0.0.1");
        Path pem = folder.resolve("ca.pem");
        keytool("-exportcert", store, "-rfc", "-file", pem.toString());
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context(store)));
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(507, -1);
            exchange.close();
        });
        server.start();
        try {
            URI endpoint = URI.create("https://127.0.0.1:" + server.getAddress().getPort());
            assertThat(probe(config(endpoint, null, null)))
                    .startsWith("the certificate of " + endpoint + " is not trusted")
                    .endsWith("set incidents.s3.tls-ca-file");
            assertThat(probe(config(endpoint, pem, null))).isEqualTo(endpoint + " answered 507");
        } finally {
            server.stop(0);
        }
    }

    private static SSLContext context(Path store) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, "changeit".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    private static void keytool(String command, Path store, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                command,
                "-alias",
                "server",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit"));
        line.addAll(List.of(arguments));
        assertThat(new ProcessBuilder(line).redirectErrorStream(true).start().waitFor())
                .isZero();
    }

    /** What a real server says. */
    @Test
    void shouldSayThatTheBucketOrTheAccessKeyIsUnknownAndThatAllIsWell() throws Exception {
        try (S3Server server = new S3Server(folder)) {
            String address = "http://127.0.0.1:" + server.port();
            assertThat(probe(Evidence.config(server.port(), "", "elsewhere", S3Server.KEY, null)))
                    .isEqualTo(
                            "there is no bucket elsewhere at " + address + ": create it, or set incidents.s3.bucket");
            assertThat(probe(Evidence.config(server.port(), "", S3Server.BUCKET, KEY_ID, null)))
                    .isEqualTo(address + " does not know the access key: check incidents.s3.access-key");
            S3Probe well =
                    S3Probe.of(Evidence.config(server.port(), "", S3Server.BUCKET, S3Server.KEY, Duration.ofDays(1)));
            assertThat(well).isEqualTo(new S3Probe(true, "bucket evidence at " + address + " can be written and read"));
            assertThat(server.keys("")).isEmpty();
        }
    }
}
