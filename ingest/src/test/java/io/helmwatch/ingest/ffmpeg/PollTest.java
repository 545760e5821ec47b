package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A camera that delivers single images is a stream of its own. */
@Timeout(60)
class PollTest {
    private static final Duration SOON = Duration.ofSeconds(15);

    private final AtomicInteger requests = new AtomicInteger();
    private HttpServer server;
    private byte[] image;

    @BeforeEach
    void startServer() throws IOException {
        image = Files.readAllBytes(TestClips.make("snapshot.jpg", "-i testsrc2=size=160x120 -frames:v 1 -c:v mjpeg"));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    @Test
    void shouldRequestTheImageAgainAndAgainAndStayOnline() {
        server.createContext("/snapshot.cgi", exchange -> {
            requests.incrementAndGet();
            send(exchange, 200, image);
        });
        try (RunningSource source = new RunningSource(polled("/snapshot.cgi"))) {
            source.seen().await("images", SOON, seen -> seen.frames().size() >= 5);
            List<RecordingReceiver.Seen> frames = source.seen().frames();
            assertThat(source.source().isLive()).isTrue();
            assertThat(source.seen().states()).containsExactly(State.STARTING, State.ONLINE);
            assertThat(frames.get(4).ptsNanos() - frames.get(0).ptsNanos()).isGreaterThan(500_000_000L);
        }
    }

    @Test
    void shouldBeLostOnlyWhenNoRequestSucceedsForTheReadTimeout() {
        server.createContext("/snap.jpg", exchange -> {
            int number = requests.incrementAndGet();
            boolean works = number <= 3 || number % 2 == 0 || number > 14;
            send(exchange, works && number < 15 ? 200 : 503, works && number < 15 ? image : new byte[0]);
        });
        try (RunningSource source = new RunningSource(polled("/snap.jpg"))) {
            source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            assertThat(source.seen().frames()).hasSizeGreaterThanOrEqualTo(8);
            assertThat(source.seen().states()).containsExactly(State.STARTING, State.ONLINE, State.OFFLINE);
            assertThat(source.seen().lastStatus().reason()).contains("503");
        }
    }

    @Test
    void shouldCountAnImageThatIsCutOff() {
        server.createContext("/snap.jpg", exchange -> {
            int number = requests.incrementAndGet();
            send(exchange, 200, number % 2 == 0 ? Arrays.copyOf(image, image.length / 2) : image);
        });
        try (RunningSource source = new RunningSource(polled("/snap.jpg"))) {
            source.seen().await("images", SOON, seen -> seen.frames().size() >= 3);
            assertThat(source.seen().dropped(DropCause.CORRUPT)).isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void shouldAdviseToPollASingleImage() {
        server.createContext("/snapshot.cgi", exchange -> send(exchange, 200, image));
        StreamConfig config = StreamConfig.of("web", url("/snapshot.cgi"));
        try (RunningSource source = new RunningSource(config)) {
            source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            assertThat(source.seen().lastStatus().reason())
                    .contains("single image")
                    .contains("set poll");
        }
    }

    private StreamConfig polled(String path) {
        return StreamConfig.builder("web", url(path))
                .poll(Duration.ofMillis(200))
                .readTimeout(Duration.ofSeconds(2))
                .build();
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
