package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.http.Role;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.pipeline.SampleMedia;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.sinks.InMemoryDetectionSink;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServicePagesTest {
    private static final HttpConfig ANY_PORT = new HttpConfig(true, "127.0.0.1", 0);

    @TempDir
    Path folder;

    @Test
    void shouldPublishWhatARunOfAClipDid() throws Exception {
        HelmwatchConfig files = Settings.of(
                Backend.CPU, ModelConfig.DEFAULT, List.of(Settings.file("gate", SampleMedia.shortWorkerClip(), false)));
        HelmwatchConfig config = files.withHttp(ANY_PORT).withDesk(DeskConfig.DEFAULT.withDirectory(folder));
        try (DetectionService service = DetectionService.start(
                config, SampleMedia.cocoModel(), List.of(new InMemoryDetectionSink()), FatalErrorHandler.LOG)) {
            service.awaitEnd();
            InetSocketAddress address = service.httpAddress();
            String metrics = get(address, "/metrics").body();
            Map<String, Double> values = values(metrics);
            double frames = SampleMedia.SHORT_WORKER_FRAMES;

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
            assertThat(get(address, "/").body()).contains("Helmwatch");
            JsonNode shown = new ObjectMapper()
                    .readTree(get(address, "/api/v1/streams").body())
                    .get("streams");
            assertThat(shown).hasSize(1);
            assertThat(shown.get(0).get("state").asText()).isEqualTo("ended");

            everyMeterHasADescription(metrics);
        }
    }

    @Test
    void shouldReportAPortInUseBeforeAnythingIsOpened() throws Exception {
        Path model = SampleMedia.cocoModel();
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            HelmwatchConfig config = Settings.of(Backend.CPU, ModelConfig.DEFAULT, List.of())
                    .withHttp(new HttpConfig(true, "127.0.0.1", other.getLocalPort()))
                    .withDesk(DeskConfig.DEFAULT.withDirectory(folder.resolve("data")));
            assertThatThrownBy(
                            () -> DetectionService.start(config, model, List.of(), FatalErrorHandler.LOG, backend -> {
                                throw new AssertionError("a backend was chosen");
                            }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("127.0.0.1:" + other.getLocalPort())
                    .hasMessageContaining("ss -ltnp")
                    .hasMessageContaining("http.port");
            assertThat(folder.resolve("data")).doesNotExist();
        }
    }

    @Test
    void shouldReplaceUsersAndTokensWithAReload() throws Exception {
        HelmwatchConfig config = Settings.of(
                        Backend.CPU,
                        ModelConfig.DEFAULT,
                        List.of(Settings.file("gate", SampleMedia.workerClip(), false)))
                .withHttp(ANY_PORT.withAccess(AccessConfig.DEFAULT.withAuditFile(folder.resolve("audit.jsonl"))))
                .withDesk(DeskConfig.DEFAULT.withDirectory(folder));
        AccessConfig.Token token = new AccessConfig.Token("robot", Role.VIEWER, Secret.of("robot-0123456789abcdef01"));
        HelmwatchConfig other =
                config.withHttp(config.http().withAccess(config.http().access().withTokens(List.of(token))));
        try (DetectionService service =
                DetectionService.start(config, SampleMedia.cocoModel(), List.of(), FatalErrorHandler.LOG)) {
            InetSocketAddress address = service.httpAddress();
            assertThat(get(address, "/api/v1/streams").statusCode()).isEqualTo(200);
            service.reloadFrom(() -> other);

            assertThat(service.reload()).contains("users and tokens changed").doesNotContain("after a restart");

            assertThat(get(address, "/api/v1/streams").statusCode()).isEqualTo(401);
            service.reloadFrom(() -> config);
            assertThat(service.reload()).contains("users and tokens changed");
            assertThat(get(address, "/api/v1/streams").statusCode()).isEqualTo(200);
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
