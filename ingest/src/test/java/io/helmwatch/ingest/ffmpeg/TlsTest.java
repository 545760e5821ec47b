package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.helmwatch.config.stream.HostAndPort;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamProbe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates of cameras and servers, against a file of trusted ones and against nothing. */
@Timeout(60)
class TlsTest {
    /** As cameras sign their own; it names no address. */
    private static TestCertificate own;
    /** Signed by the site's authority for {@code localhost}. */
    private static TestCertificate site;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<HttpServer> servers = new ArrayList<>();

    @BeforeAll
    static void makeCertificates(@TempDir Path folder) {
        own = TestCertificate.selfSigned(folder, "CN=camera");
        site = TestCertificate.signedByAuthority(folder, "CN=localhost");
    }

    @AfterEach
    void stopServers() {
        servers.forEach(server -> server.stop(0));
        threads.shutdownNow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsps", "https"})
    void shouldNotCheckCertificatesUnlessTrustIsConfigured(String scheme) throws IOException {
        assertThat(probe(scheme, "localhost", own, null).problem()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsps", "https"})
    void shouldPlayFromACameraThatShowsTheTrustedCertificate(String scheme) throws IOException {
        StreamProbe camera = probe(scheme, "127.0.0.1", own, own.trusted());
        assertThat(camera.problem()).isEmpty();
        assertThat(camera.codec()).isEqualTo("h264");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsps", "https"})
    void shouldPlayFromACameraWhoseCertificateTheAuthoritySigned(String scheme) throws IOException {
        assertThat(probe(scheme, "localhost", site, site.trusted()).problem()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsps", "https"})
    void shouldRefuseACameraThatShowsAnotherCertificate(String scheme) throws IOException {
        StreamProbe impostor = probe(scheme, "localhost", own, site.trusted());
        assertThat(impostor.reachable()).isFalse();
        assertThat(impostor.problem())
                .startsWith(scheme + "://localhost:")
                .contains("could not be opened")
                .contains("certificate is not signed by one in " + site.trusted());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsps", "https"})
    void shouldRefuseATrustedCertificateThatIsForAnotherName(String scheme) throws IOException {
        assertThat(probe(scheme, "localhost", own, own.trusted()).problem()).contains("is for another name");
    }

    @Test
    void shouldVerifyTheServersOfAPlaylistsSegments() throws IOException {
        Path clip = TestClips.make("segment.ts", "-i testsrc2=size=160x120:rate=25 -frames:v 25 -c:v libopenh264");
        String impostor = serve(own, "/segment.ts", clip);
        byte[] playlist = ("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + impostor
                        + "\n#EXT-X-ENDLIST\n")
                .getBytes(StandardCharsets.UTF_8);
        HttpServer server = start(site, "/list.m3u8", exchange -> {
            exchange.sendResponseHeaders(200, playlist.length);
            exchange.getResponseBody().write(playlist);
            exchange.close();
        });
        String url = "https://localhost:" + server.getAddress().getPort() + "/list.m3u8";

        assertThat(FfmpegFrameSource.probe(allowing(stream(url, null))).problem())
                .isEmpty();
        assertThat(FfmpegFrameSource.probe(allowing(stream(url, site.trusted())))
                        .problem())
                .contains("certificate is not signed by one in");
        assertThat(FfmpegFrameSource.probe(stream(url, null)).problem()).contains("allowed-hosts");
    }

    private static StreamConfig allowing(StreamConfig stream) {
        return stream.toBuilder()
                .allowedHosts(List.of(new HostAndPort("localhost", 0)))
                .build();
    }

    private StreamProbe probe(String scheme, String host, TestCertificate certificate, Path trusted)
            throws IOException {
        if (scheme.equals("https")) {
            String url = serve(certificate, "/clip.h264", TestClips.cameraH264());
            return FfmpegFrameSource.probe(stream(url.replace("localhost", host), trusted));
        }
        try (RtspCamera camera = RtspCamera.over(certificate.context())) {
            return FfmpegFrameSource.probe(stream(camera.url().replace("127.0.0.1", host), trusted));
        }
    }

    private String serve(TestCertificate certificate, String path, Path file) throws IOException {
        return "https://localhost:"
                + start(certificate, path, file(file)).getAddress().getPort() + path;
    }

    private HttpServer start(TestCertificate certificate, String path, HttpHandler handler) throws IOException {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.context()));
        return start(server, path, handler);
    }

    private HttpServer start(HttpServer server, String path, HttpHandler handler) {
        server.setExecutor(threads);
        server.createContext(path, handler);
        server.start();
        servers.add(server);
        return server;
    }

    private static HttpHandler file(Path file) {
        return exchange -> {
            byte[] body = Files.readAllBytes(file);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        };
    }

    private static StreamConfig stream(String url, Path trusted) {
        return StreamConfig.builder("gate", url)
                .openTimeout(Duration.ofSeconds(5))
                .readTimeout(Duration.ofSeconds(2))
                .tlsCaFile(trusted)
                .build();
    }
}
