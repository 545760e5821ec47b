package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service on every GPU of this host; the engine is built once, within a minute or two, and kept. */
@Tag("gpu")
@Timeout(600)
class WholePipelineGpuTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final int CLIP_FRAMES = 625;

    /** Names another folder of engines than the user's own. */
    private static final String CACHE = System.getProperty(
            "helmwatch.gpu.cache",
            Path.of(System.getProperty("user.home"), ".cache", "helmwatch").toString());

    @TempDir
    Path folder;

    private HelmwatchConfig config(String gpu, int port, int streams) {
        StringBuilder yaml = new StringBuilder("""
                backend: cuda
                gpu: {builder-level: 0, %s}
                json-lines: {target: lines.jsonl}
                http: {port: %d}
                streams:
                """.formatted(gpu, port));
        IntStream.range(0, streams)
                .forEach(i -> yaml.append("  - {id: s")
                        .append(i)
                        .append(", url: ")
                        .append(CLIP)
                        .append("}\n"));
        return ConfigLoader.parse(yaml.toString(), "site.yaml", folder, name -> null);
    }

    @Test
    void shouldAnalyseOnEveryGpuAlikeAndLeaveNothingBehind() throws Exception {
        int gpus = CudaProbe.result().gpus().size();
        assertThat(gpus).as(CudaProbe.result().reason()).isPositive();
        InMemoryDetectionSink memory = new InMemoryDetectionSink();
        String metrics;
        try (DetectionService service = DetectionService.start(
                config("devices: all, cache: " + CACHE, 0, 2 * gpus), MODEL, List.of(memory), FatalErrorHandler.LOG)) {
            service.awaitEnd();
            metrics = get(service.httpAddress());
            assertThat(service.pipelines().failures()).isZero();
            assertThat(service.failedStreams()).isEmpty();
        }

        for (int gpu = 0; gpu < gpus; gpu++) {
            assertThat(metrics)
                    .contains("helmwatch_frame_latency_seconds_count{device=\"cuda:" + gpu + "\"} " + 2 * CLIP_FRAMES)
                    .contains("helmwatch_cuda_memory_used_bytes{device=\"cuda:" + gpu
                            + "\",kind=\"device\",owner=\"inference.lane\"}")
                    .contains("kind=\"pinned\"");
        }
        assertThat(NativeMemory.outstanding()).isEmpty();

        List<FrameDetections> first = of(memory, "s0");
        assertThat(first).hasSize(CLIP_FRAMES);
        assertThat(first.stream().mapToInt(frame -> frame.detections().size()).sum())
                .isGreaterThan(CLIP_FRAMES);
        for (int stream = 1; stream < 2 * gpus; stream++) {
            List<FrameDetections> other = of(memory, "s" + stream);
            assertThat(other).hasSize(CLIP_FRAMES);
            for (int i = 0; i < CLIP_FRAMES; i++) {
                assertThat(other.get(i).sequence()).isEqualTo(i);
                assertThat(missing(other.get(i), first.get(i)))
                        .as("frame %d of stream %d", i, stream)
                        .isEmpty();
            }
        }
    }

    @Test
    void shouldFindTheSameWithRawHeadsAndSayWhileTheirEngineIsBuilt() throws Exception {
        InMemoryDetectionSink decoded = new InMemoryDetectionSink();
        try (DetectionService service = DetectionService.start(
                config("cache: " + CACHE, 0, 1), MODEL, List.of(decoded), FatalErrorHandler.LOG)) {
            service.awaitEnd();
        }
        InMemoryDetectionSink raw = new InMemoryDetectionSink();
        int port = freePort();
        HelmwatchConfig config = config("graph: raw, cache: " + folder.resolve("empty"), port, 1);
        Set<String> answers = new LinkedHashSet<>();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<DetectionService> starting =
                    thread.submit(() -> DetectionService.start(config, MODEL, List.of(raw), FatalErrorHandler.LOG));
            URI ready = URI.create("http://127.0.0.1:" + port + "/ready");
            while (!starting.isDone()) {
                try {
                    HttpResponse<String> answer = HttpClient.newHttpClient()
                            .send(HttpRequest.newBuilder(ready).build(), HttpResponse.BodyHandlers.ofString());
                    answers.add(
                            answer.statusCode() + " " + answer.body().strip().replaceAll("\\d+ (s|layers)", "# $1"));
                } catch (ConnectException early) {
                    // The service does not listen yet.
                }
                Thread.sleep(200);
            }
            try (DetectionService service = starting.get()) {
                service.awaitEnd();
                assertThat(service.failedStreams()).isEmpty();
            }
        } finally {
            thread.shutdownNow();
        }

        assertThat(answers)
                .contains("503 starting: a TensorRT engine is being built, for # s so far, # layers done;"
                        + " this is done once for this model and GPU");
        List<FrameDetections> expected = of(decoded, "s0");
        List<FrameDetections> found = of(raw, "s0");
        assertThat(found).hasSize(CLIP_FRAMES);
        int detections = 0;
        int missing = 0;
        for (int i = 0; i < CLIP_FRAMES; i++) {
            detections += expected.get(i).detections().size();
            missing += missing(found.get(i), expected.get(i)).size();
            missing += missing(expected.get(i), found.get(i)).size();
        }
        // Of two candidates that are nearly as good the other may stand for a head, since FP16 rounds elsewhere.
        assertThat(missing).isLessThan(detections / 50);
    }

    /** Weaker detections may fall on either side of the threshold, since batches differ. */
    private static List<Detection> missing(FrameDetections found, FrameDetections expected) {
        return expected.detections().stream()
                .filter(detection -> detection.confidence() > 0.4)
                .filter(detection -> found.detections().stream().noneMatch(other -> isSame(other, detection)))
                .toList();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static boolean isSame(Detection found, Detection expected) {
        BoundingBox a = found.sourceBox();
        BoundingBox b = expected.sourceBox();
        return found.label().equals(expected.label())
                && Math.abs(found.confidence() - expected.confidence()) < 0.02
                && Math.abs(a.x1() - b.x1()) < 1
                && Math.abs(a.y1() - b.y1()) < 1
                && Math.abs(a.x2() - b.x2()) < 1
                && Math.abs(a.y2() - b.y2()) < 1;
    }

    private static List<FrameDetections> of(InMemoryDetectionSink sink, String stream) {
        return sink.detections().stream()
                .filter(frame -> frame.stream().equals(stream))
                .toList();
    }

    private static String get(InetSocketAddress address) throws Exception {
        URI uri = URI.create("http://" + address.getHostString() + ":" + address.getPort() + "/metrics");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
