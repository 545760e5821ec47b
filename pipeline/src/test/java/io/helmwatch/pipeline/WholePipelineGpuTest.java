package io.helmwatch.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.cuda.MemoryLedger;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.NativeMemory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
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

    /** Two streams for each GPU. */
    private HelmwatchConfig config(int streams) {
        StringBuilder yaml = new StringBuilder("""
                backend: cuda
                gpu: {devices: all, cache: %s}
                json-lines: {target: lines.jsonl}
                http: {port: 0}
                streams:
                """.formatted(CACHE));
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
        List<MemoryLedger> ledgers;
        try (DetectionService service = DetectionService.start(config(2 * gpus), MODEL, List.of(memory))) {
            ledgers = service.pipelines().all().stream()
                    .map(pipeline -> pipeline.stages().memory())
                    .toList();
            service.awaitEnd();
            metrics = get(service.httpAddress());
            assertThat(service.pipelines().failures()).isZero();
            assertThat(service.failedStreams()).isEmpty();
        }

        assertThat(ledgers).hasSize(gpus);
        for (int gpu = 0; gpu < gpus; gpu++) {
            assertThat(metrics)
                    .contains("helmwatch_frame_latency_seconds_count{device=\"cuda:" + gpu + "\"} " + 2 * CLIP_FRAMES)
                    .contains("helmwatch_cuda_memory_used_bytes{device=\"cuda:" + gpu
                            + "\",kind=\"device\",owner=\"inference.lane\"}")
                    .contains("kind=\"pinned\"");
            assertThat(ledgers.get(gpu).byOwner(MemoryLedger.Kind.DEVICE)).isEmpty();
            assertThat(ledgers.get(gpu).byOwner(MemoryLedger.Kind.PINNED)).isEmpty();
        }
        assertThat(NativeMemory.bytesByOwner().values()).allMatch(bytes -> bytes == 0);

        List<FrameDetections> first = of(memory, "s0");
        assertThat(first).hasSize(CLIP_FRAMES);
        assertThat(first.stream().mapToInt(frame -> frame.detections().size()).sum())
                .isGreaterThan(CLIP_FRAMES);
        for (int stream = 1; stream < 2 * gpus; stream++) {
            List<FrameDetections> other = of(memory, "s" + stream);
            assertThat(other).hasSize(CLIP_FRAMES);
            for (int i = 0; i < CLIP_FRAMES; i++) {
                assertThat(other.get(i).sequence()).isEqualTo(i);
                for (Detection detection : first.get(i).detections()) {
                    // Weaker ones may fall on either side of the threshold, since batches differ.
                    if (detection.confidence() > 0.4) {
                        assertThat(other.get(i).detections())
                                .as("frame %d of stream %d", i, stream)
                                .anyMatch(found -> isSame(found, detection));
                    }
                }
            }
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
