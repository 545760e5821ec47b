package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.Credentials.BasicAuthentication;
import io.helmwatch.config.stream.HostAndPort;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A hostile camera cannot make us ask other servers, nor does it get a password that is not meant for it. */
@Timeout(60)
class HttpGuardTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String PASSWORD = "only-for-the-camera";

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> internalRequests = new CopyOnWriteArrayList<>();
    private final List<Map<String, List<String>>> cameraHeaders = new CopyOnWriteArrayList<>();
    private HttpServer camera;
    private HttpServer internal;

    @BeforeEach
    void startServers() throws IOException {
        camera = start();
        internal = start();
        internal.createContext("/", exchange -> {
            internalRequests.add(exchange.getRequestURI() + " " + exchange.getRequestHeaders());
            send(exchange, 404, new byte[0]);
        });
    }

    private HttpServer start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.start();
        return server;
    }

    @AfterEach
    void stopServers() {
        camera.stop(0);
        internal.stop(0);
        threads.shutdownNow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/live", "/clip.mp4", "/snap.jpg", "/list.m3u8"})
    void shouldNotFollowARedirectToAnotherServer(String path) {
        camera.createContext(path, exchange -> redirect(exchange, url(internal, "/admin?delete=1")));

        assertThat(problem(stream(path).build())).contains("another port").contains("allowed-hosts");
        assertThat(internalRequests).isEmpty();
    }

    @Test
    void shouldNotFetchTheSegmentsOfAnotherServer() {
        camera.createContext(
                "/list.m3u8",
                exchange -> send(
                        exchange, 200, playlist(url(internal, "/secret.ts"), url(internal, "/admin?delete=1.ts"))));

        assertThat(problem(stream("/list.m3u8").build())).contains("another port");
        assertThat(internalRequests).isEmpty();
    }

    @Test
    void shouldNotFollowASegmentThatRedirects() {
        camera.createContext("/list.m3u8", exchange -> send(exchange, 200, playlist("one.ts")));
        camera.createContext("/one.ts", exchange -> redirect(exchange, url(internal, "/redirected.ts")));

        assertThat(problem(stream("/list.m3u8").build())).contains("another port");
        assertThat(internalRequests).isEmpty();
    }

    /** Addresses that one parser takes for the camera's and another one for the other server's. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "//127.0.0.1:INTERNAL/x",
                "HTTP://127.0.0.1:INTERNAL/x",
                "http://127.0.0.1:CAMERA@127.0.0.1:INTERNAL/x",
                "http://127.0.0.1:CAMERA#@127.0.0.1:INTERNAL/x",
                "http://127.0.0.1:CAMERA\\@127.0.0.1:INTERNAL/x",
                "http:\\\\127.0.0.1:INTERNAL\\x",
                "http://localhost:INTERNAL/x",
                "http://127.1:INTERNAL/x",
                "http://2130706433:INTERNAL/x",
                "http://[::ffff:127.0.0.1]:INTERNAL/x",
                "http://127.0.0.1.:INTERNAL/x",
            })
    void shouldNotBeMisledByTheFormOfARedirect(String location) {
        String target = location.replace(
                        "CAMERA", String.valueOf(camera.getAddress().getPort()))
                .replace("INTERNAL", String.valueOf(internal.getAddress().getPort()));
        camera.createContext("/live", exchange -> redirect(exchange, target));
        StreamConfig config = stream("/live")
                .credentials(new Credentials("operator", Secret.of(PASSWORD)))
                .openTimeout(Duration.ofSeconds(2))
                .build();

        assertThat(problem(config)).doesNotContain(PASSWORD);
        assertThat(internalRequests).isEmpty();
    }

    @Test
    void shouldSayThatCredentialsStayAtTheConfiguredAddress() {
        camera.createContext("/live", exchange -> redirect(exchange, url(internal, "/guarded")));
        internal.createContext("/guarded", exchange -> send(exchange, 401, new byte[0]));
        StreamConfig allowed = stream("/live")
                .credentials(new Credentials("operator", Secret.of(PASSWORD)))
                .allowedHosts(List.of(new HostAndPort("127.0.0.1", 0)))
                .build();

        assertThat(problem(allowed))
                .contains("/live, which redirects to " + url(internal, "/guarded"), "host and port only");
    }

    @Test
    void shouldNotTakeThePasswordAlong() {
        camera.createContext("/live", exchange -> {
            cameraHeaders.add(exchange.getRequestHeaders());
            if (exchange.getRequestHeaders().containsKey("Authorization")) {
                redirect(exchange, url(internal, "/stolen"));
            } else {
                exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"x\"");
                send(exchange, 401, new byte[0]);
            }
        });
        StreamConfig allowed = stream("/live")
                .credentials(new Credentials("operator", Secret.of(PASSWORD)))
                .allowedHosts(List.of(new HostAndPort("127.0.0.1", 0)))
                .build();

        problem(allowed);

        assertThat(cameraHeaders).anyMatch(headers -> headers.containsKey("Authorization"));
        assertThat(internalRequests).isNotEmpty().noneMatch(request -> request.contains("Authorization"));
    }

    @Test
    void shouldFollowARedirectOnTheSameServer() throws IOException {
        byte[] clip = clip("moved.ts", "libopenh264");
        camera.createContext("/live", exchange -> redirect(exchange, "/moved/here"));
        camera.createContext("/moved/here", exchange -> send(exchange, 200, clip));

        try (RunningSource source = new RunningSource(stream("/live").build())) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 25);
        }
    }

    @Test
    void shouldPlaySegmentsOfAnotherServerThatIsAllowed() throws IOException {
        byte[] clip = clip("allowed.ts", "libopenh264");
        HttpServer network = start();
        network.createContext("/segment.ts", exchange -> send(exchange, 200, clip));
        camera.createContext("/list.m3u8", exchange -> send(exchange, 200, playlist(url(network, "/segment.ts"))));
        StreamConfig config = stream("/list.m3u8")
                .allowedHosts(List.of(
                        new HostAndPort("127.0.0.1", network.getAddress().getPort())))
                .build();

        try (RunningSource source = new RunningSource(config)) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 25);
        } finally {
            network.stop(0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Digest realm=\"cam\"; nonce=\"abc\", MD5",
        "Digest realm=\"cam\"; nonce=\"abc\"; qop=\"auth\"; algorithm=SHA-256, SHA-256",
        "Digest realm=\"cam\"; nonce=\"abc\"; algorithm=\"SHA-256\", SHA-256",
        "Basic realm=\"cam\"| Digest realm=\"cam\"; nonce=\"abc\"; qop=\"auth;auth-int\"| Digest realm=\"cam\"; nonce=\"abc\"; algorithm=SHA-512-256, MD5",
    })
    void shouldAnswerTheStrongestChallengeThatItCan(String challenges, String algorithm) throws IOException {
        byte[] clip = clip("digest.ts", "libopenh264");
        camera.createContext("/live", exchange -> {
            String header = exchange.getRequestHeaders().getFirst("Authorization");
            if (header != null && isRight(header, algorithm)) {
                send(exchange, 200, clip);
            } else {
                for (String challenge : challenges.split("\\|", -1)) {
                    exchange.getResponseHeaders()
                            .add("WWW-Authenticate", challenge.replace(';', ',').strip());
                }
                send(exchange, 401, new byte[0]);
            }
        });
        StreamConfig config = stream("/live")
                .credentials(new Credentials("operator", Secret.of(PASSWORD), BasicAuthentication.NEVER))
                .build();

        try (RunningSource source = new RunningSource(config)) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 25);
        }
    }

    @ParameterizedTest
    @CsvSource({"ALLOW, true", "TLS_ONLY, false", "NEVER, false"})
    void shouldAnswerBasicOnlyWhereItIsAllowed(BasicAuthentication basic, boolean answers) {
        camera.createContext("/live", exchange -> {
            cameraHeaders.add(exchange.getRequestHeaders());
            exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"cam\"");
            send(exchange, 401, new byte[0]);
        });
        StreamConfig config = stream("/live")
                .credentials(new Credentials("operator", Secret.of(PASSWORD), basic))
                .build();

        String problem = problem(config);

        assertThat(cameraHeaders.stream().anyMatch(headers -> headers.containsKey("Authorization")))
                .isEqualTo(answers);
        assertThat(problem).contains(answers ? "refuses the user or password" : "credentials.basic");
    }

    @Test
    void shouldPlayAClipWhoseIndexIsAtItsEnd() throws IOException {
        byte[] clip = clip("clip.mp4", "mpeg4");
        camera.createContext("/clip.mp4", exchange -> sendRange(exchange, clip));
        RecordingReceiver receiver = new RecordingReceiver();

        FfmpegFrameSource.create(stream("/clip.mp4").build()).run(receiver);

        assertThat(receiver.lastStatus().state()).isEqualTo(State.ENDED);
        assertThat(receiver.frames()).hasSize(25);
    }

    @Test
    void shouldSayThatNothingOfAPlaylistMayBePlayed() {
        camera.createContext("/", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "application/vnd.apple.mpegurl");
            send(exchange, 200, playlist("file:///etc/hostname"));
        });

        assertThat(problem(stream("/live.m3u8").build())).contains("a playlist of which nothing may be played");
    }

    @Test
    void shouldSayThatAWebPageIsNoVideo() {
        camera.createContext("/", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "text/html");
            send(exchange, 200, "<html><body>Login</body></html>".getBytes(StandardCharsets.UTF_8));
        });

        assertThat(problem(stream("/live").build())).contains("text/html").contains("neither video nor an image");
    }

    private static boolean isRight(String header, String algorithm) {
        try {
            Map<String, String> fields = Pattern.compile("(\\w+)=(?:\"([^\"]*)\"|([^,\\s]*))")
                    .matcher(header)
                    .results()
                    .collect(Collectors.toMap(
                            match -> match.group(1),
                            match -> match.group(2) == null ? match.group(3) : match.group(2)));
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            String secret = hash(digest, "operator:cam:" + PASSWORD);
            String request = hash(digest, "GET:/live");
            String quality = fields.containsKey("qop")
                    ? ":" + fields.get("nc") + ":" + fields.get("cnonce") + ":" + fields.get("qop")
                    : "";
            return header.startsWith("Digest ")
                    && hash(digest, secret + ":abc" + quality + ":" + request).equals(fields.get("response"));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static String hash(MessageDigest digest, String text) {
        return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] clip(String name, String encoder) throws IOException {
        Path clip = TestClips.make(name, "-i testsrc2=size=160x120:rate=25 -frames:v 25 -c:v " + encoder);
        return Files.readAllBytes(clip);
    }

    private static byte[] playlist(String... segments) {
        StringBuilder list = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n");
        for (String segment : segments) {
            list.append("#EXTINF:1,\n").append(segment).append('\n');
        }
        return list.append("#EXT-X-ENDLIST\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void redirect(HttpExchange exchange, String location) throws IOException {
        exchange.getResponseHeaders().add("Location", location);
        send(exchange, 302, new byte[0]);
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static void sendRange(HttpExchange exchange, byte[] body) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        Matcher matcher = Pattern.compile("bytes=(\\d+)-").matcher(range == null ? "" : range);
        if (matcher.find()) {
            int from = Integer.parseInt(matcher.group(1));
            exchange.getResponseHeaders()
                    .add("Content-Range", "bytes " + from + "-" + (body.length - 1) + "/" + body.length);
            send(exchange, 206, Arrays.copyOfRange(body, from, body.length));
        } else {
            send(exchange, 200, body);
        }
    }

    private static String url(HttpServer server, String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    private StreamConfig.Builder stream(String path) {
        return StreamConfig.builder("web", url(camera, path))
                .openTimeout(Duration.ofSeconds(5))
                .readTimeout(Duration.ofSeconds(2));
    }

    private static String problem(StreamConfig config) {
        return FfmpegFrameSource.probe(config).problem();
    }
}
