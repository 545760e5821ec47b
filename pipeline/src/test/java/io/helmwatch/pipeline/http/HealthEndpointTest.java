package io.helmwatch.pipeline.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.HttpConfig;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.pipeline.SampleMedia;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.ring.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class HealthEndpointTest {
    private static final HttpConfig ANY_PORT = new HttpConfig(true, "127.0.0.1", 0);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private String startup = "";
    private String live = "";

    private final HealthEndpoint.Health health = new HealthEndpoint.Health() {
        @Override
        public String startupProblem() {
            return startup;
        }

        @Override
        public String liveProblem() {
            return live;
        }

        @Override
        public String streamsJson() {
            return "{\"streams\":[]}\n";
        }
    };

    @ParameterizedTest(name = "{0} answers {1}, {2} while starting, {3} while stalled")
    @CsvSource({"/startup, 200, 503, 200", "/live, 200, 200, 503", "/ready, 200, 503, 503"})
    void shouldDistinguishStartedReadyAndAlive(String path, int well, int starting, int stalled) throws Exception {
        try (HealthEndpoint endpoint = new HealthEndpoint(ANY_PORT, registry, health)) {
            assertThat(get(endpoint.address(), path).statusCode()).isEqualTo(well);
            startup = "the network is being opened";
            HttpResponse<String> answer = get(endpoint.address(), path);
            assertThat(answer.statusCode()).isEqualTo(starting);
            assertThat(answer.body()).isEqualTo(starting == 200 ? "ok\n" : "the network is being opened\n");
            startup = "";
            live = "the stages stand still";
            assertThat(get(endpoint.address(), path).statusCode()).isEqualTo(stalled);
        }
    }

    @Test
    void shouldAnswerOnlyItsPathsAndOnlyReading() throws Exception {
        try (HealthEndpoint endpoint = new HealthEndpoint(ANY_PORT, registry, health)) {
            assertThat(get(endpoint.address(), "/").statusCode()).isEqualTo(404);
            assertThat(get(endpoint.address(), "/live/x").statusCode()).isEqualTo(404);
            HttpRequest post = HttpRequest.newBuilder(uri(endpoint.address(), "/metrics"))
                    .POST(HttpRequest.BodyPublishers.ofString("x"))
                    .build();
            assertThat(HttpClient.newHttpClient()
                            .send(post, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(405);
            HttpRequest head = HttpRequest.newBuilder(uri(endpoint.address(), "/metrics"))
                    .method("HEAD", HttpRequest.BodyPublishers.noBody())
                    .build();
            assertThat(HttpClient.newHttpClient()
                            .send(head, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void shouldAnswerWhileAThousandConnectionsAreIdleAndOthersSendHalfRequests() throws Exception {
        try (HealthEndpoint endpoint = new HealthEndpoint(ANY_PORT, registry, health)) {
            InetSocketAddress address = endpoint.address();
            List<SocketChannel> held = new ArrayList<>();
            try {
                for (int i = 0; i < 1_000; i++) {
                    SocketChannel channel = SocketChannel.open(address);
                    held.add(channel);
                    if (i % 5 == 0) {
                        String half = i % 10 == 0
                                ? "GET /live HTTP/1.1\r\nX: "
                                : "POST /reload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\n";
                        channel.write(ByteBuffer.wrap(half.getBytes(StandardCharsets.US_ASCII)));
                    }
                }
                for (String path : List.of("/live", "/metrics", "/streams")) {
                    long start = System.nanoTime();
                    assertThat(get(address, path).statusCode()).as(path).isEqualTo(200);
                    assertThat(Duration.ofNanos(System.nanoTime() - start))
                            .as(path)
                            .isLessThan(Duration.ofSeconds(3));
                }
                assertThat(stillOpen(held))
                        .as("connections that the endpoint keeps")
                        .isLessThanOrEqualTo(64);
            } finally {
                for (SocketChannel channel : held) {
                    channel.close();
                }
            }
        }
    }

    private static long stillOpen(List<SocketChannel> channels) throws IOException {
        long open = 0;
        for (SocketChannel channel : channels) {
            channel.configureBlocking(false);
            try {
                open += channel.read(ByteBuffer.allocate(1)) < 0 ? 0 : 1;
            } catch (IOException reset) {
                // Closed by the endpoint, too.
            }
        }
        return open;
    }

    @Test
    void shouldCloseAConnectionWhoseRequestTakesTooLong() throws Exception {
        HttpListener.Limits limits = new HttpListener.Limits(4, Duration.ofMillis(300), Duration.ofSeconds(1), 1024);
        try (HealthEndpoint endpoint = new HealthEndpoint(ANY_PORT, registry, health, limits);
                SocketChannel slow = SocketChannel.open(endpoint.address())) {
            slow.write(ByteBuffer.wrap("GET /live HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII)));
            long start = System.nanoTime();
            assertThat(slow.read(ByteBuffer.allocate(16))).isEqualTo(-1);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(200), Duration.ofSeconds(3));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "GET /live HTTP/1.1 Host: x Transfer-Encoding: chunked, 501",
        "GET /live HTTP/1.1 nonsense, 400",
        "GET http://elsewhere/live HTTP/1.1 Host: x, 400",
        "GET /live HTTP/1.1 Host: x Host: y, 400",
        "POST /reload HTTP/1.1 Host: x Content-Length: 99999999, 413",
        "GET /live?verbose=1 HTTP/1.0, 200",
        "HEAD /metrics HTTP/1.1 Host: x, 200"
    })
    void shouldAnswerOddRequestsWithAStatus(String words, int status) throws Exception {
        String request = words.replaceAll(" (?=[A-Z][A-Za-z-]+:|nonsense)", "\r\n") + "\r\n\r\n";
        try (HealthEndpoint endpoint = new HealthEndpoint(ANY_PORT, registry, health)) {
            assertThat(raw(endpoint.address(), request)).startsWith("HTTP/1.1 " + status + " ");
        }
    }

    @ParameterizedTest(name = "{0} with Host {1} and Origin {2}: {3}")
    @CsvSource({
        "GET /streams, 127.0.0.1:9400, , 200",
        "GET /streams, [::1]:9400, , 200",
        "GET /streams, localhost, , 200",
        "GET /streams, localhost:9400, http://localhost:9400, 200",
        "GET /streams, evil.example, , 403",
        "GET /streams, 127.0.0.1.evil.example, , 403",
        "GET /streams, 127.0.0.1:9400, http://evil.example, 403",
        "GET /streams, 127.0.0.1:9400, null, 403",
        "POST /reload, localhost:9400, , 400",
        "POST /reload, rebound.example:9400, , 403",
        "POST /reload, localhost:9400, http://localhost:3000, 403",
        "GET /live, evil.example, http://evil.example, 200"
    })
    void shouldRefuseOtherSitesWhatBelongsToThisMachine(String start, String host, String origin, int status)
            throws Exception {
        String request =
                start + " HTTP/1.1\r\nHost: " + host + (origin == null ? "" : "\r\nOrigin: " + origin) + "\r\n\r\n";
        try (HealthEndpoint endpoint = new HealthEndpoint(ANY_PORT, registry, health)) {
            assertThat(raw(endpoint.address(), request)).startsWith("HTTP/1.1 " + status + " ");
        }
    }

    private static String raw(InetSocketAddress address, String request) throws IOException {
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void shouldSayInOneSentenceThatThePortIsTaken() {
        try (HealthEndpoint endpoint = new HealthEndpoint(ANY_PORT, registry, health)) {
            HttpConfig same =
                    new HttpConfig(true, "127.0.0.1", endpoint.address().getPort());
            assertThatThrownBy(() -> new HealthEndpoint(same, registry, health))
                    .hasMessageContaining("http cannot listen on 127.0.0.1:" + same.port())
                    .hasMessageContaining("choose another http.port");
        }
    }

    @Test
    void shouldPublishWhatARunOfAClipDid() throws Exception {
        HelmwatchConfig files = Settings.of(
                Backend.CPU, ModelConfig.DEFAULT, List.of(Settings.file("gate", SampleMedia.workerClip(), false)));
        HelmwatchConfig config = files.withHttp(ANY_PORT);
        try (DetectionService service = DetectionService.start(
                config, SampleMedia.cocoModel(), List.of(new InMemoryDetectionSink()), FatalErrorHandler.LOG)) {
            service.awaitEnd();
            InetSocketAddress address = service.httpAddress();
            String metrics = get(address, "/metrics").body();
            Map<String, Double> values = values(metrics);
            double frames = SampleMedia.WORKER_FRAMES;

            assertThat(values)
                    .containsEntry("helmwatch_decoded_frames_total{device=\"cpu\",stream=\"gate\"}", frames)
                    .containsEntry("helmwatch_analysed_frames_total{device=\"cpu\",stream=\"gate\"}", frames)
                    .containsEntry(
                            "helmwatch_dropped_frames_total{cause=\"ring-full\",device=\"cpu\",stream=\"gate\"}", 0.0)
                    .containsEntry(
                            "helmwatch_dropped_frames_total{cause=\"stream-share\",device=\"cpu\",stream=\"gate\"}",
                            0.0)
                    .containsEntry("helmwatch_stream_state{device=\"cpu\",state=\"ended\",stream=\"gate\"}", 1.0)
                    .containsEntry("helmwatch_stream_state{device=\"cpu\",state=\"online\",stream=\"gate\"}", 0.0)
                    .containsEntry("helmwatch_frame_latency_seconds_count{device=\"cpu\"}", frames)
                    .containsEntry("helmwatch_stage_latency_seconds_count{device=\"cpu\",stage=\"inference\"}", frames)
                    .containsEntry("helmwatch_batch_size_frames_count{device=\"cpu\"}", frames)
                    .containsEntry("helmwatch_stage_failures_total{device=\"cpu\",stage=\"inference\"}", 0.0)
                    .containsEntry("helmwatch_ring_depth_slots{device=\"cpu\"}", 0.0);
            assertThat(values.get("helmwatch_detections_objects_total{device=\"cpu\",label=\"person\"}"))
                    .isGreaterThan(10);
            assertThat(values.keySet())
                    .anyMatch(name -> name.startsWith("helmwatch_native_memory_used_bytes{owner="))
                    .anyMatch(name -> name.startsWith("helmwatch_published_messages_total{sink="))
                    .anyMatch(name -> name.startsWith("jvm_memory_used_bytes"))
                    .anyMatch(name -> name.startsWith("jvm_gc_pause") || name.startsWith("jvm_gc_memory"))
                    .anyMatch(name -> name.startsWith("disk_free_bytes"))
                    .contains(
                            "helmwatch_stream_latency_seconds_count{device=\"cpu\",stream=\"gate\"}",
                            "helmwatch_stream_detections_objects_total{device=\"cpu\",label=\"person\",stream=\"gate\"}",
                            "helmwatch_reload_success");
            assertThat(values.get("process_resident_memory_bytes")).isGreaterThan(50e6);
            assertThat(values.get("helmwatch_stream_latency_seconds_count{device=\"cpu\",stream=\"gate\"}"))
                    .isEqualTo(frames);

            JsonNode streams =
                    new ObjectMapper().readTree(get(address, "/streams").body()).get("streams");
            assertThat(streams).hasSize(1);
            assertThat(streams.get(0).get("id").asText()).isEqualTo("gate");
            assertThat(streams.get(0).get("state").asText()).isEqualTo("ended");
            assertThat(streams.get(0).get("analysed").asInt()).isEqualTo((int) frames);
            assertThat(streams.get(0).get("dropped").get("ring-full").asInt()).isZero();
            assertThat(get(address, "/ready").statusCode()).isEqualTo(200);

            everyMeterHasADescription(metrics);
        }
    }

    private static void everyMeterHasADescription(String metrics) {
        assertThat(metrics.lines().filter(line -> line.startsWith("# TYPE")).map(line -> line.split(" ")[2]))
                .isNotEmpty()
                .allSatisfy(
                        name -> assertThat(metrics).containsPattern("(?m)^# HELP " + Pattern.quote(name) + " \\S+"));
    }

    private static Map<String, Double> values(String metrics) {
        Map<String, Double> values = new TreeMap<>();
        Matcher line =
                Pattern.compile("(?m)^([a-z][^# ]*(?:\\{[^}]*})?) (\\S+)$").matcher(metrics);
        while (line.find()) {
            values.put(line.group(1), Double.valueOf(line.group(2).replace("+Inf", "Infinity")));
        }
        return values;
    }

    private static URI uri(InetSocketAddress address, String path) {
        return URI.create("http://" + address.getHostString() + ":" + address.getPort() + path);
    }

    private static HttpResponse<String> get(InetSocketAddress address, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri(address, path)).build(), HttpResponse.BodyHandlers.ofString());
    }
}
