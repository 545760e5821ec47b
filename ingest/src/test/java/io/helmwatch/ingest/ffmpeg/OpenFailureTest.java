package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamProbe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Why a camera cannot be opened, in one sentence that says what to do. */
@Timeout(60)
class OpenFailureTest {

    @ParameterizedTest
    @ValueSource(strings = {"rtsp", "http"})
    void shouldAdviseOnARefusedConnection(String scheme) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThat(problem(scheme + "://127.0.0.1:" + port + "/live"))
                .contains("refuses the connection")
                .contains("check the port");
    }

    @Test
    void shouldRecogniseAWebServer() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        try {
            assertThat(problem("rtsp://127.0.0.1:" + server.getAddress().getPort() + "/live"))
                    .contains("does not speak RTSP, but HTTP");
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SSH-2.0-OpenSSH_9.2, does not speak RTSP: use",
        "220 mail.example ESMTP, does not speak RTSP: use",
    })
    void shouldRecogniseAnotherServer(String banner, String expected) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> greet(server, banner));
            thread.setDaemon(true);
            thread.start();
            assertThat(problem("rtsp://127.0.0.1:" + server.getLocalPort() + "/live"))
                    .contains(expected);
        }
    }

    private static void greet(ServerSocket server, String banner) {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                client.getOutputStream().write((banner + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
                client.getOutputStream().flush();
                client.getInputStream().readNBytes(10);
            } catch (IOException e) {
                // The next client, or the end.
            }
        }
    }

    @Test
    void shouldSayThatNoCredentialsAreConfigured() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", "secret")) {
            assertThat(problem(camera.url()))
                    .contains("asks for a user and password (401)")
                    .contains("set credentials");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SETUP, 453 Not Enough Bandwidth, no room for another viewer",
        "PLAY, 503 Service Unavailable, no room for another viewer",
        "PLAY, 454 Session Not Found, answers PLAY with 454 Session Not Found",
        "DESCRIBE, 500 Internal Server Error, answers DESCRIBE with 500 Internal Server Error",
    })
    void shouldSayWhatTheCameraAnswers(String method, String status, String expected) {
        try (RtspCamera camera = new RtspCamera()) {
            camera.refuse(method, status);
            assertThat(problem(camera.url())).contains(expected);
        }
    }

    private static String problem(String url) {
        StreamProbe probe = FfmpegFrameSource.probe(StreamConfig.builder("gate", url)
                .openTimeout(Duration.ofSeconds(5))
                .readTimeout(Duration.ofSeconds(2))
                .build());
        assertThat(probe.reachable()).isFalse();
        return probe.problem();
    }
}
