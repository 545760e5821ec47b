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
import io.helmwatch.pipeline.cli.Settings;
import io.helmwatch.pipeline.ring.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
    void shouldTellStartedReadyAndAliveApart(String path, int well, int starting, int stalled) throws Exception {
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
                    .anyMatch(name -> name.startsWith("jvm_memory_used_bytes"));

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
