package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver.Seen;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HttpTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void shouldPlayAFileToItsEnd() {
        Path clip = clip("clip.mkv", "mpeg4");
        server.createContext("/clip.mkv", exchange -> send(exchange, 200, Files.readAllBytes(clip)));

        RecordingReceiver receiver = run("/clip.mkv", null);

        assertThat(receiver.frames()).hasSize(25);
        assertThat(receiver.states()).containsExactly(State.STARTING, State.ONLINE, State.ENDED);
    }

    @Test
    void shouldPlayAPlaylistWhoseSegmentsAreOnTheServer() {
        Path clip = clip("segment.ts", "libopenh264");
        server.createContext("/live/list.m3u8", exchange -> send(exchange, 200, playlist("segment.ts")));
        server.createContext("/live/segment.ts", exchange -> send(exchange, 200, Files.readAllBytes(clip)));

        try (RunningSource source = new RunningSource(stream("/live/list.m3u8", null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 25);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "data", "udp"})
    void shouldNotLetAPlaylistReachBeyondHttp(String scheme) throws IOException {
        Path clip = clip("segment.ts", "libopenh264");
        String segment = switch (scheme) {
            case "file" -> "file://" + clip;
            case "data" ->
                "data:video/mp2t;base64," + Base64.getEncoder().encodeToString(Files.readAllBytes(clip)) + ".ts";
            default -> "udp://127.0.0.1:9/x.ts";
        };
        server.createContext("/list.m3u8", exchange -> send(exchange, 200, playlist(segment)));

        try (RunningSource source = new RunningSource(stream("/list.m3u8", null))) {
            source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
            assertThat(source.seen().frames()).isEmpty();
        }
    }

    @Test
    void shouldConnectAgainWhenALiveStreamEnds() {
        Path clip = clip("live.ts", "libopenh264");
        AtomicInteger requests = new AtomicInteger();
        server.createContext("/live", exchange -> {
            requests.incrementAndGet();
            send(exchange, 200, Files.readAllBytes(clip));
        });

        try (RunningSource source = new RunningSource(stream("/live", null))) {
            source.seen().await("two connections", SOON, seen -> seen.frames().size() >= 50);
            assertThat(requests.get()).isEqualTo(2);
            assertThat(source.source().isLive()).isTrue();
            assertThat(source.seen().states().subList(0, 4))
                    .containsExactly(State.STARTING, State.ONLINE, State.OFFLINE, State.ONLINE);
            assertThat(source.seen().statuses().get(2).reason()).isEqualTo(url("/live") + " closed the connection.");
        }
    }

    @Test
    void shouldTimeImagesOverHttpByTheirArrival() {
        Path picture = TestClips.make("snapshot.jpg", "-i testsrc2=size=160x120 -frames:v 1 -c:v mjpeg");
        server.createContext("/slow", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "multipart/x-mixed-replace; boundary=frame");
            exchange.sendResponseHeaders(200, 0);
            byte[] jpeg = Files.readAllBytes(picture);
            try (OutputStream body = exchange.getResponseBody()) {
                for (int i = 0; i < 50; i++) {
                    body.write(("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " + jpeg.length + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
                    body.write(jpeg);
                    body.write("\r\n".getBytes(StandardCharsets.US_ASCII));
                    body.flush();
                    Thread.sleep(200);
                }
            } catch (InterruptedException e) {
                exchange.close();
            }
        });
        try (RunningSource source = new RunningSource(stream("/slow", null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            List<Seen> frames = source.seen().frames();
            long nine = frames.get(9).ptsNanos() - frames.get(0).ptsNanos();
            assertThat(nine).as("nine pauses of 200 ms").isGreaterThan(1_700_000_000L);
        }
    }

    @Test
    void shouldPlayMotionJpegOverHttp() {
        Path picture = TestClips.make("snapshot.jpg", "-i testsrc2=size=160x120 -frames:v 1 -c:v mjpeg");
        server.createContext("/video", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "multipart/x-mixed-replace; boundary=frame");
            exchange.sendResponseHeaders(200, 0);
            byte[] jpeg = Files.readAllBytes(picture);
            try (OutputStream body = exchange.getResponseBody()) {
                for (int i = 0; i < 200; i++) {
                    body.write(("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " + jpeg.length + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
                    body.write(jpeg);
                    body.write("\r\n".getBytes(StandardCharsets.US_ASCII));
                    body.flush();
                    Thread.sleep(20);
                }
            } catch (InterruptedException e) {
                exchange.close();
            }
        });

        try (RunningSource source = new RunningSource(stream("/video", null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 50);
            assertThat(source.seen().frames()).extracting(Seen::width).containsOnly(160);
            assertThat(source.seen().frames())
                    .extracting(Seen::ptsNanos)
                    .isSorted()
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void shouldCountTheCutOffImagesOfACameraAndMindNoWrongLengths() throws IOException {
        byte[] image =
                Files.readAllBytes(TestClips.make("snapshot.jpg", "-i testsrc2=size=160x120 -frames:v 1 -c:v mjpeg"));
        server.createContext("/video", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "multipart/x-mixed-replace; boundary=frame");
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                for (int i = 0; i < 500; i++) {
                    int length = i % 3 == 2 ? image.length / 2 : image.length;
                    out.write(("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " + (length + 10) + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
                    out.write(image, 0, length);
                    out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                    Thread.sleep(40);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        try (RunningSource source = new RunningSource(stream("/video", null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 20);
            assertThat(source.seen().dropped(DropCause.CORRUPT)).isGreaterThan(5);
        }
    }

    @Test
    void shouldPlayASingleImage() {
        Path picture = TestClips.make("snapshot.jpg", "-i testsrc2=size=160x120 -frames:v 1 -c:v mjpeg");
        server.createContext("/snapshot.jpg", exchange -> send(exchange, 200, Files.readAllBytes(picture)));

        RecordingReceiver receiver = run("/snapshot.jpg", null);

        assertThat(receiver.frames()).hasSize(1);
        assertThat(receiver.lastStatus().state()).isEqualTo(State.ENDED);
    }

    @Test
    void shouldNoticeALiveStreamThatFallsSilent() {
        Path clip = clip("live.ts", "libopenh264");
        server.createContext("/live", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            OutputStream body = exchange.getResponseBody();
            body.write(Files.readAllBytes(clip));
            body.flush();
            try {
                Thread.sleep(20_000);
            } catch (InterruptedException e) {
                exchange.close();
            }
        });

        try (RunningSource source = new RunningSource(stream("/live", null))) {
            source.seen().await("silence", SOON, seen -> seen.states().contains(State.OFFLINE));
            assertThat(source.seen().lastStatus().reason()).isEqualTo(url("/live") + " sent no video for 1 s.");
        }
    }

    @Test
    void shouldDistinguishRefusedCredentialsFromAMissingPath() {
        server.createContext("/private", exchange -> {
            String expected =
                    "Basic " + Base64.getEncoder().encodeToString("op:right pass".getBytes(StandardCharsets.UTF_8));
            if (expected.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                send(exchange, 200, Files.readAllBytes(clip("clip.mkv", "mpeg4")));
            } else {
                exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"cam\"");
                send(exchange, 401, new byte[0]);
            }
        });
        server.createContext("/forbidden", exchange -> send(exchange, 403, new byte[0]));

        assertThat(run("/private/a.mkv", new Credentials("op", Secret.of("wrong pass")))
                        .lastStatus()
                        .reason())
                .isEqualTo(url("/private/a.mkv") + " refuses the user or password (401): correct the credentials.");
        assertThat(run("/forbidden/a.mkv", null).lastStatus().reason()).contains("(403)");
        RecordingReceiver missing = run("/missing.mkv", null);
        assertThat(missing.lastStatus().state()).isEqualTo(State.FAILED);
        assertThat(missing.lastStatus().reason())
                .isEqualTo(url("/missing.mkv") + " does not exist on the server (404): correct the path.");
        assertThat(run("/private/a.mkv", new Credentials("op", Secret.of("right pass")))
                        .frames())
                .hasSize(25);
    }

    @Test
    void shouldSayThatAHostIsNotKnown() {
        RecordingReceiver receiver = new RecordingReceiver();
        FfmpegFrameSource.create(StreamConfig.of("gate", "http://camera.invalid/clip.mkv"))
                .run(receiver);
        assertThat(receiver.lastStatus().state()).isEqualTo(State.FAILED);
        assertThat(receiver.lastStatus().reason()).contains("camera.invalid").contains("DNS");
    }

    private static byte[] playlist(String segment) {
        return ("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + segment + "\n#EXT-X-ENDLIST\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static Path clip(String name, String encoder) {
        return TestClips.make(name, "-i testsrc2=size=160x120:rate=25 -frames:v 25 -c:v " + encoder);
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    private RecordingReceiver run(String path, Credentials credentials) {
        RecordingReceiver receiver = new RecordingReceiver();
        FfmpegFrameSource.create(stream(path, credentials)).run(receiver);
        return receiver;
    }

    private StreamConfig stream(String path, Credentials credentials) {
        return StreamConfig.builder("gate", url(path))
                .openTimeout(Duration.ofSeconds(5))
                .readTimeout(Duration.ofSeconds(1))
                .credentials(credentials)
                .build();
    }
}
