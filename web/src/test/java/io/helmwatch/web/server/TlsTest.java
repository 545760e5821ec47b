package io.helmwatch.web.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.http.HttpConfig.TlsFiles;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TlsTest {
    private static final String STORE_PASSWORD = "changeit";

    private final TestDesk desk = new TestDesk();

    @TempDir
    Path folder;

    private KeyStore store(String algorithm) throws Exception {
        Path file = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        algorithm,
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        STORE_PASSWORD)
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream stream = Files.newInputStream(file)) {
            store.load(stream, STORE_PASSWORD.toCharArray());
        }
        return store;
    }

    private TlsFiles pem(KeyStore store) throws Exception {
        Path certificate = folder.resolve("server.pem");
        Path key = folder.resolve("server.key");
        write(certificate, "CERTIFICATE", store.getCertificate("server").getEncoded());
        write(
                key,
                "PRIVATE KEY",
                store.getKey("server", STORE_PASSWORD.toCharArray()).getEncoded());
        return new TlsFiles(certificate, key);
    }

    private static void write(Path file, String what, byte[] content) throws Exception {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"EC", "RSA"})
    void shouldServeWithACertificateFromPemFilesAndASecureCookie(String algorithm) throws Exception {
        KeyStore store = store(algorithm);
        HttpConfig config = TestDesk.withUsers(folder).withTls(pem(store));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", store.getCertificate("server"));
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        HttpClient client = HttpClient.newBuilder().sslContext(context).build();
        try (DeskServer server = DeskServer.start(config, desk.desk())) {
            URI uri = URI.create("https://127.0.0.1:" + server.address().getPort() + "/api/v1/session");
            HttpRequest login = HttpRequest.newBuilder(uri)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"username\":\"ada\",\"password\":\"" + TestDesk.PASSWORD + "\"}"))
                    .build();
            HttpResponse<String> response = client.send(login, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("Set-Cookie").orElse("")).contains("Secure", "HttpOnly");
            String plain = RawHttp.send(server.address(), "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(plain).doesNotContain("200 OK");
        }
    }

    @Test
    void shouldSayWhichFilesCannotBeUsed() throws Exception {
        TlsFiles files = pem(store("EC"));
        Files.writeString(files.key(), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assertThatThrownBy(() -> DeskServer.start(TestDesk.open(folder).withTls(files), desk.desk()))
                .hasMessageContaining("http.tls")
                .hasMessageContaining("server.key");
    }
}
