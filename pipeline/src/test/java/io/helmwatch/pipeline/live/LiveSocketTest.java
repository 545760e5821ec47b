package io.helmwatch.pipeline.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.TestClips;
import io.helmwatch.pipeline.IdleService;
import io.helmwatch.pipeline.live.RecordingConnection.Binary;
import io.helmwatch.web.Desk;
import io.helmwatch.web.server.DeskServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Viewers over real sockets, and what they cost. */
class LiveSocketTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** A viewer that counts, and measures how long after its capture a frame arrives. */
    private static final class Client implements WebSocket.Listener {
        private static final ObjectMapper MAPPER = new ObjectMapper();

        final AtomicInteger fragments = new AtomicInteger();
        final AtomicInteger images = new AtomicInteger();
        final AtomicLong bytes = new AtomicLong();
        private final Map<Long, Long> arrivals = new ConcurrentSkipListMap<>();
        private final Map<Long, Long> captures = new ConcurrentSkipListMap<>();
        private final StringBuilder text = new StringBuilder();
        private ByteBuffer message = ByteBuffer.allocate(1 << 20);

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            bytes.addAndGet(data.remaining());
            message.put(data);
            if (last) {
                message.flip();
                Binary whole = Binary.of(message);
                message.clear();
                arrivals.put(Math.round(whole.seconds() * 1000), System.currentTimeMillis());
                (whole.kind() == 2 ? images : fragments).incrementAndGet();
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            bytes.addAndGet(data.length());
            text.append(data);
            if (last) {
                try {
                    JsonNode read = MAPPER.readTree(text.toString());
                    if (read.path("type").asText().equals("frame")) {
                        captures.put(
                                Math.round(read.path("t").asDouble() * 1000),
                                Instant.parse(read.path("capturedAt").asText()).toEpochMilli());
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        /** The 95th percentile of the delay between capture and arrival, milliseconds. */
        long delayMillis() {
            long[] delays = arrivals.entrySet().stream()
                    .filter(arrival -> captures.containsKey(arrival.getKey()))
                    .mapToLong(arrival -> arrival.getValue() - captures.get(arrival.getKey()))
                    .sorted()
                    .toArray();
            return delays.length == 0 ? -1 : delays[(int) (delays.length * 0.95)];
        }
    }

    private AnalysedStream stream;
    private LiveStreams live;
    private DeskServer server;

    private void start(Path clip) {
        stream = new AnalysedStream(StreamConfig.of("gate", clip.toString()).playing(clip.toString(), true, true));
        live = new LiveStreams(id -> id.equals("gate") ? stream : null, TrackingConfig.DEFAULT, List::of);
        server = DeskServer.start(
                new HttpConfig(true, "127.0.0.1", 0),
                new Desk(new IdleService(), null, null, null, null, null, live, null, null, null, entry -> {}));
        stream.start(live.frames(id -> null));
    }

    @AfterEach
    void stop() {
        live.close();
        server.close();
        stream.close();
    }

    private WebSocket connect(HttpClient http, Client client, String video) {
        InetSocketAddress address = server.address();
        WebSocket socket = http.newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + address.getPort() + "/api/v1/live"), client)
                .join();
        socket.sendText(
                        "{\"type\":\"watch\",\"streams\":[{\"id\":\"gate\",\"video\":\"" + video
                                + "\",\"hevc\":true}]}",
                        true)
                .join();
        return socket;
    }

    /** Processor time of the threads that only work for viewers, nanoseconds. */
    private static long viewingNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(info -> info != null
                        && (info.getThreadName().startsWith("live-")
                                || info.getThreadName().startsWith("http-")))
                .mapToLong(info -> Math.max(0, threads.getThreadCpuTime(info.getThreadId())))
                .sum();
    }

    /** Viewers that receive at least five messages each; they leave when it is closed. */
    private final class Audience implements AutoCloseable {
        private final List<Client> clients = new ArrayList<>();
        private final List<WebSocket> sockets = new ArrayList<>();
        private final boolean isJpeg;

        Audience(String video, int viewers) {
            isJpeg = video.equals("jpeg");
            HttpClient http = HttpClient.newHttpClient();
            for (int i = 0; i < viewers; i++) {
                clients.add(new Client());
                sockets.add(connect(http, clients.get(i), video));
            }
            awaitMore(5);
        }

        private int shown(Client client) {
            return (isJpeg ? client.images : client.fragments).get();
        }

        /** Waits until every viewer has received so many messages more. */
        private void awaitMore(int messages) {
            List<Integer> before = clients.stream().map(this::shown).toList();
            await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(20))
                    .untilAsserted(() -> assertThat(clients)
                            .allSatisfy(client -> assertThat(shown(client) - before.get(clients.indexOf(client)))
                                    .isGreaterThanOrEqualTo(messages)));
        }

        private void measure(String what) throws InterruptedException {
            Thread.sleep(1_000);
            Client first = clients.get(0);
            long start = System.nanoTime();
            long cpu = viewingNanos();
            long bytes = first.bytes.get();
            int shown = shown(first);
            int frames = stream.frames();
            Thread.sleep(5_000);
            double seconds = (System.nanoTime() - start) / 1e9;
            double used = (viewingNanos() - cpu) / 1e9 / seconds;
            System.out.printf(
                    "%s, %d viewers: %.2f %% of a core, %.2f %% for each viewer; %.1f frames/s analysed, %.1f shown; %.0f"
                            + " KB/s a viewer; capture to arrival p95 %d ms; longest hold of the pipeline %.2f ms%n",
                    what,
                    clients.size(),
                    100 * used,
                    100 * used / clients.size(),
                    (stream.frames() - frames) / seconds,
                    (shown(first) - shown) / seconds,
                    (first.bytes.get() - bytes) / seconds / 1000,
                    first.delayMillis(),
                    stream.longestMillis());
        }

        @Override
        public void close() {
            sockets.forEach(WebSocket::abort);
            await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(20))
                    .untilAsserted(() -> assertThat(live.viewers()).isZero());
        }
    }

    private static Path highDefinition() {
        return TestClips.make(
                "live.mp4",
                "-i testsrc2=size=1920x1080:rate=25 -frames:v 100 -c:v libopenh264 -b 4M -g 50 -bf 0 -pix_fmt"
                        + " yuv420p");
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "jpeg"})
    void shouldShowHighDefinitionToMany(String video) {
        start(highDefinition());

        try (Audience many = new Audience(video, 10)) {
            many.awaitMore(10);
            // The analysis of a frame may come after the frame.
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(many.clients)
                            .allSatisfy(client -> assertThat(client.delayMillis())
                                    .as("frames with their analysis")
                                    .isNotNegative()));
            if (video.equals("jpeg")) {
                assertThat(many.clients)
                        .allSatisfy(client -> assertThat(client.fragments).hasValue(0));
            }
        }
    }

    @Test
    @Tag("slow")
    void shouldTellWhatViewersCost() throws InterruptedException {
        start(highDefinition());
        record Case(String what, String video, int viewers) {}
        for (Case one : List.of(
                new Case("1080p as MP4, in a process that has just started", "auto", 10),
                new Case("1080p as MP4", "auto", 1),
                new Case("1080p as MP4", "auto", 10),
                new Case("1080p as JPEG", "jpeg", 1),
                new Case("1080p as JPEG", "jpeg", 10))) {
            try (Audience audience = new Audience(one.video, one.viewers)) {
                audience.measure(one.what);
            }
        }
    }

    /** Video is compressed already; a browser offers to compress each message nevertheless. */
    @Test
    void shouldNotCompressVideoAgain() throws IOException {
        start(TestClips.make(
                "small.mp4",
                "-i testsrc2=size=320x240:rate=25 -frames:v 50 -c:v libopenh264 -b 400k -g 25 -bf 0 -pix_fmt yuv420p"));
        try (Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream()
                    .write(("GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:"
                                    + server.address().getPort()
                                    + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                    + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] answer = new byte[2048];
            int length = socket.getInputStream().read(answer);
            String head = new String(answer, 0, length, StandardCharsets.ISO_8859_1);
            assertThat(head).startsWith("HTTP/1.1 101").doesNotContainIgnoringCase("Sec-WebSocket-Extensions");
        }
    }
}
