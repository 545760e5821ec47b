package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.Backend;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.PipelineConfig;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.backend.StreamPlacement;
import io.helmwatch.pipeline.backend.cpu.CpuStageFactory;
import io.helmwatch.pipeline.metrics.MemoryMetrics;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.ScriptedStages;
import io.helmwatch.pipeline.ring.ScriptedStages.Source;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamReason;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline per device in one process, with two CPU pipelines in place of two GPUs. */
@Timeout(240)
class SeveralDevicesTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");

    @TempDir
    Path folder;

    /** The CPU's stages twice, as if there were two devices. */
    private static class TwoProcessors implements StageFactory {
        @Override
        public Backend backend() {
            return Backend.CPU;
        }

        @Override
        public Optional<String> unusable() {
            return Optional.empty();
        }

        @Override
        public Map<Integer, List<StreamConfig>> placement(HelmwatchConfig config) {
            return StreamPlacement.spread(config.streams(), List.of(0, 1));
        }

        @Override
        public OpenedBackend open(HelmwatchConfig config, Path model) {
            return open(config, model, 0);
        }

        @Override
        public OpenedBackend open(HelmwatchConfig config, Path model, int device) {
            Closer opened = new Closer();
            OpenedBackend cpu = opened.register(new CpuStageFactory().open(config, model));
            return new OpenedBackend(
                    cpu.stages(), cpu::newLease, cpu::newSource, "cpu:" + device, cpu.description(), opened);
        }
    }

    private HelmwatchConfig config() {
        return ConfigLoader.parse("""
                json-lines: {target: lines.jsonl}
                http: {port: 0}
                inference: {workers: 1}
                streams:
                  - {id: east, url: %1$s, analyze-fps: 5, rules: [{name: bare, kind: no-helmet}]}
                  - {id: west, url: %1$s, analyze-fps: 5, rules: [{name: bare, kind: no-helmet}]}
                  - {id: gate, url: %1$s, analyze-fps: 1, device: 0}
                """.formatted(CLIP), "site.yaml", folder, name -> null);
    }

    @Test
    void shouldAnalyseEachStreamOnOneDeviceAsIfItWereAloneAndShareTheSinks() throws Exception {
        InMemoryDetectionSink memory = new InMemoryDetectionSink();
        String metrics;
        String streams;
        try (DetectionService service = DetectionService.start(
                config(), MODEL, List.of(memory), FatalErrorHandler.LOG, backend -> new TwoProcessors())) {
            service.awaitEnd();
            metrics = get(service.httpAddress(), "/metrics");
            streams = get(service.httpAddress(), "/streams");
            assertThat(service.liveProblem()).isEmpty();
        }

        // gate names device 0, so that the first of the others finds device 1 emptier.
        assertThat(metrics)
                .contains("helmwatch_analysed_frames_total{device=\"cpu:1\",stream=\"east\"} 125")
                .contains("helmwatch_analysed_frames_total{device=\"cpu:0\",stream=\"west\"} 125")
                .contains("helmwatch_analysed_frames_total{device=\"cpu:0\",stream=\"gate\"} 25")
                .contains("helmwatch_frame_latency_seconds_count{device=\"cpu:0\"} 150")
                .contains("helmwatch_frame_latency_seconds_count{device=\"cpu:1\"} 125")
                .contains("helmwatch_ring_depth_slots{device=\"cpu:0\"} 0")
                .contains("helmwatch_ring_depth_slots{device=\"cpu:1\"} 0");
        assertThat(streams).containsSubsequence("east", "cpu:1", "gate", "cpu:0", "west", "cpu:0");

        List<List<Detection>> east = detections(memory, "east");
        assertThat(east).hasSize(125).isEqualTo(detections(memory, "west"));
        assertThat(east.stream().mapToInt(List::size).sum()).isGreaterThan(125);
        for (String stream : List.of("east", "west", "gate")) {
            assertThat(of(memory, stream).map(FrameDetections::sequence).toList())
                    .isSorted()
                    .doesNotHaveDuplicates();
        }

        List<String> lines = Files.readAllLines(folder.resolve("lines.jsonl"));
        for (String stream : List.of("east", "west")) {
            assertThat(lines.stream()
                            .filter(line -> line.startsWith("{\"schema\":\"helmwatch.events/1\""))
                            .filter(line -> line.contains("\"stream\":\"" + stream + "\""))
                            .map(line -> line.contains("\"phase\":\"start\"") ? "start" : "end"))
                    .as(stream)
                    .hasSize(8)
                    .startsWith("start")
                    .filteredOn("start"::equals)
                    .hasSize(4);
        }
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    @Test
    void shouldCloseTheOtherDevicesWhenOneDoesNotOpen() {
        StageFactory broken = new TwoProcessors() {
            @Override
            public OpenedBackend open(HelmwatchConfig config, Path model, int device) {
                if (device == 1) {
                    throw new IllegalStateException("device 1 has no memory left");
                }
                return super.open(config, model, device);
            }
        };
        assertThatThrownBy(() ->
                        DetectionService.start(config(), MODEL, List.of(), FatalErrorHandler.LOG, backend -> broken))
                .hasMessage("device 1 has no memory left");
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    @Test
    void shouldNoticeThatOneDeviceHangsWhileTheOtherWorks() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        ScriptedStages stuck = new ScriptedStages();
        stuck.device = "cuda:1";
        stuck.infer = frames -> awaitQuietly(hanging);
        Source endless = new Source("working", false, Long.MAX_VALUE, 1_000);
        try (DevicePipelines pipelines = new DevicePipelines(List.of(start(new ScriptedStages()), start(stuck)));
                ServiceMonitor monitor = ServiceMonitor.start(
                        pipelines,
                        List.of(),
                        new AnalysisWatch(stream -> 0, stream -> StreamReason.NONE),
                        feed -> {},
                        List.of())) {
            pipelines.all().get(0).add(endless);
            pipelines.all().get(1).add(new Source("hanging", false, 100, 0));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (monitor.stalledFor().compareTo(Duration.ofMillis(2_500)) < 0 && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            assertThat(monitor.stalledFor()).isGreaterThan(Duration.ofMillis(2_500));
            assertThat(pipelines.feeds()).extracting(StreamFeed::id).containsExactly("hanging", "working");
            assertThat(pipelines.isRunning()).isTrue();
            hanging.countDown();
            endless.stop();
            pipelines.awaitStreams();
        }
    }

    @Test
    void shouldPublishTheMemoryOfEachDeviceByKindAndOwnerAsItComesIntoUse() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        NativeMemory.Account staging = NativeMemory.account(NativeMemory.Kind.PINNED, "cuda:0", "preprocess.staging");
        NativeMemory.Account lane = NativeMemory.account(NativeMemory.Kind.DEVICE, "cuda:1", "inference.lane");
        lane.allocated(4_096);
        MemoryMetrics.bindDevices(registry);
        staging.allocated(512);
        MemoryMetrics.bindDevices(registry);
        lane.freed(4_096);
        assertThat(registry.scrape().lines().filter(line -> line.startsWith("helmwatch_cuda_memory")))
                .containsExactlyInAnyOrder(
                        "helmwatch_cuda_memory_used_bytes{device=\"cuda:0\",kind=\"pinned\",owner=\"preprocess.staging\"} 512.0",
                        "helmwatch_cuda_memory_used_bytes{device=\"cuda:1\",kind=\"device\",owner=\"inference.lane\"} 0.0");
        staging.freed(512);
    }

    private static HelmetPipeline start(ScriptedStages stages) {
        return start(stages, new SimpleMeterRegistry());
    }

    private static HelmetPipeline start(ScriptedStages stages, MeterRegistry registry) {
        return ScriptedStages.start(
                stages.open(), PipelineConfig.DEFAULT, InferenceConfig.DEFAULT, List.of(), List.of(), registry, 1);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Stream<FrameDetections> of(InMemoryDetectionSink sink, String stream) {
        return sink.detections().stream().filter(frame -> frame.stream().equals(stream));
    }

    private static List<List<Detection>> detections(InMemoryDetectionSink sink, String stream) {
        return of(sink, stream).map(FrameDetections::detections).toList();
    }

    private static String get(InetSocketAddress address, String path) throws Exception {
        URI uri = URI.create("http://" + address.getHostString() + ":" + address.getPort() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
