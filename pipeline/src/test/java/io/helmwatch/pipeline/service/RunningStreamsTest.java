package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams that come and go while others are analysed, with cameras on the loopback. */
@Timeout(240)
class RunningStreamsTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final int ANALYZE_FPS = 2;

    @TempDir
    Path folder;

    private final Recorder recorder = new Recorder();

    private HelmwatchConfig config(String streams) {
        return ConfigLoader.parse(
                "json-lines: {target: lines.jsonl}\nhttp: {port: 0}\ninference: {workers: 1}\n" + streams,
                "site.yaml",
                folder,
                name -> null);
    }

    private DetectionService start(HelmwatchConfig config) {
        return DetectionService.start(config, MODEL, List.of(recorder), FatalErrorHandler.LOG);
    }

    private static StreamConfig camera(String id, RtspCamera camera) {
        return StreamConfig.builder(id, camera.url()).analyzeFps(ANALYZE_FPS).build();
    }

    private static String steady(RtspCamera camera) {
        return "streams: [{id: steady, url: '" + camera.url() + "', analyze-fps: " + ANALYZE_FPS + "}]";
    }

    @Test
    void shouldStartWithoutStreamsAndRunThoseThatAreAddedUntilItIsStopped() throws Exception {
        try (RtspCamera gate = new RtspCamera();
                DetectionService service = start(config("streams: []"))) {
            assertThat(service.status().startupProblem()).isEmpty();
            assertThat(service.liveProblem()).isEmpty();
            service.streams().add(camera("gate", gate));
            await(() -> recorder.sequences("gate").size() > 2);
            service.streams().remove("gate");
            Thread end = new Thread(() -> {
                try {
                    service.awaitEnd();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            end.start();
            end.join(300);
            assertThat(end.isAlive()).as("without streams the service goes on").isTrue();
            service.stop();
            end.join(5_000);
            assertThat(end.isAlive()).isFalse();
            assertThatThrownBy(() -> service.streams().add(camera("late", gate)))
                    .hasMessageContaining("the service is ending");
        }
    }

    @Test
    void shouldEndTheIncidentsOfARemovedStreamAndRemoveItsStateAndMeters() throws Exception {
        String rules = "rules: [{name: bare, kind: no-helmet}]";
        String both = "streams:\n- {id: yard, url: '%1$s', loop: true, analyze-fps: 5, %2$s}\n".formatted(CLIP, rules)
                + "- {id: gate, url: '%1$s', loop: true, analyze-fps: 1}\n".formatted(CLIP);
        try (DetectionService service = start(config(both))) {
            service.reloadFrom(
                    () -> config("streams: [{id: gate, url: '%s', loop: true, analyze-fps: 1}]".formatted(CLIP)));
            await(() -> messages("\"phase\":\"start\"").count()
                    > messages("\"phase\":\"end\"").count());
            assertThat(metrics(service)).contains("helmwatch_incidents_open_incidents{rule=\"bare\",stream=\"yard\"}");
            assertThat(service.reload()).contains("removed yard");
            await(() -> messages("\"phase\":\"end\"").count()
                    == messages("\"phase\":\"start\"").count());
            assertThat(messages("\"endReason\":\"stream-ended\"")).isNotEmpty();
            assertThat(recorder.log)
                    .containsSubsequence("yard ONLINE", "yard ENDED", "yard removed")
                    .doesNotContain("gate removed");
            assertThat(metrics(service))
                    .doesNotContain("stream=\"yard\"")
                    .contains("helmwatch_analysed_frames_total{device=\"cpu\",stream=\"gate\"}");
        }
    }

    @Test
    void shouldChangeRulesBetweenTwoFramesAndRestartForAnythingElse() throws Exception {
        try (RtspCamera gate = new RtspCamera();
                DetectionService service = start(config(steady(gate)))) {
            RunningStreams streams = service.streams();
            await(() -> !recorder.sequences("steady").isEmpty());
            StreamConfig ruled = config("streams: [{id: steady, url: '" + gate.url() + "', analyze-fps: " + ANALYZE_FPS
                            + ", rules: [{name: bare, kind: no-helmet}]}]")
                    .streams()
                    .get(0);
            StreamFeed feed = streams.feed("steady");
            streams.change(ruled);
            assertThat(streams.feed("steady")).isSameAs(feed);
            streams.change(ruled.toBuilder().analyzeFps(4).build());
            assertThat(streams.feed("steady")).isNotSameAs(feed);
            StreamFeed changed = streams.feed("steady");
            streams.restart("steady");
            assertThat(streams.feed("steady")).isNotSameAs(changed);
            int before = recorder.ids("steady").size();
            await(() -> recorder.ids("steady").size() > before + 2);
            assertThat(recorder.ids("steady")).doesNotHaveDuplicates();
            assertThat(recorder.log).doesNotContain("steady removed");
        }
    }

    @Test
    void shouldRemoveWithTheNextReloadWhatTheOneBeforeCouldNotStop() {
        String clip = "{id: %s, url: '" + CLIP + "', loop: true, analyze-fps: 1}";
        String both = "streams: [" + clip.formatted("gate") + ", " + clip.formatted("yard") + "]";
        try (DetectionService service = start(config(both))) {
            service.reloadFrom(() -> config("streams: []"));
            Thread.currentThread().interrupt();
            assertThatThrownBy(service::reload).hasMessageContaining("interrupted while stream");
            assertThat(Thread.interrupted()).isTrue();
            service.reload();
            assertThat(service.streams().configs()).isEmpty();
        }
    }

    @Test
    void shouldRefuseWhatCannotBeDoneAndChangeNothing() throws Exception {
        try (RtspCamera gate = new RtspCamera();
                DetectionService service = start(config(steady(gate)))) {
            RunningStreams streams = service.streams();
            StreamFeed feed = streams.feed("steady");
            assertThatThrownBy(() -> streams.add(camera("steady", gate))).hasMessageContaining("exists already");
            assertThatThrownBy(() -> streams.remove("nobody")).hasMessageContaining("no stream nobody");
            streams.add(camera("guest", gate));
            service.reloadFrom(() -> config("streams: [{id: guest, url: '" + gate.url() + "'}]"));
            assertThatThrownBy(service::reload).hasMessageContaining("guest was added while the service runs");
            service.reloadFrom(() -> config(steady(gate)));
            service.reload();
            assertThat(streams.feed("guest")).as("streams that were added stay").isNotNull();
            assertThat(streams.feed("steady")).isSameAs(feed);
        }
    }

    @Test
    void shouldLoseNoFrameOfTheOthersAndLeaveNothingBehindAfter200Changes() throws Exception {
        churn(200);
    }

    @Test
    @Tag("slow")
    @Timeout(1_800)
    void shouldLoseNoFrameOfTheOthersAndLeaveNothingBehindAfter2000Changes() throws Exception {
        churn(2_000);
    }

    private void churn(int changes) throws Exception {
        try (RtspCamera gate = new RtspCamera();
                DetectionService service = start(config(steady(gate)))) {
            RunningStreams streams = service.streams();
            await(() -> !recorder.sequences("steady").isEmpty());
            // What is loaded and cached once.
            change(streams, gate, 10);
            Usage before = Usage.now();
            long started = System.nanoTime();
            change(streams, gate, changes);
            double seconds = (System.nanoTime() - started) / 1e9;
            // A frame of the steady stream may be under way; the camera closes its side of a connection later.
            await(() -> decoderThreads() <= before.threads()
                    && countedBytes() <= before.nativeBytes()
                    && openDescriptors() <= before.descriptors());
            Usage after = Usage.now();
            System.err.printf(
                    "%d changes in %.1f s: before %s, after %s, steady analysed %d%n",
                    changes,
                    seconds,
                    before,
                    after,
                    recorder.sequences("steady").size());

            assertThat(after.threads()).isLessThanOrEqualTo(before.threads());
            assertThat(after.heapBytes() - before.heapBytes()).isLessThan(32L << 20);
            assertThat(after.outsideHeapBytes() - before.outsideHeapBytes()).isLessThan(96L << 20);

            StreamFeed steady = streams.feed("steady");
            for (DropCause cause : DropCause.values()) {
                if (cause != DropCause.SAMPLED && cause != DropCause.CORRUPT) {
                    assertThat(steady.dropped(cause)).as(cause.tag()).isZero();
                }
            }
            assertThat(recorder.log).doesNotContain("steady OFFLINE", "steady ENDED", "steady DEGRADED");
            List<Long> steps = steps(recorder.sequences("steady"));
            // 25 frames per second sampled down to 2: every 12th or 13th.
            assertThat(steps).isNotEmpty().allSatisfy(step -> assertThat(step).isBetween(11L, 14L));
            assertThat(metrics(service)).doesNotContain("stream=\"guest");
        }
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    private void change(RunningStreams streams, RtspCamera camera, int changes) throws InterruptedException {
        for (int i = 0; i < changes; i += 2) {
            String id = "guest-" + i % 8;
            int before = recorder.ids(id).size();
            streams.add(camera(id, camera));
            if (i % 10 == 0) {
                await(() -> recorder.ids(id).size() > before);
            } else if (i % 4 == 0) {
                TimeUnit.MILLISECONDS.sleep(30);
            }
            streams.remove(id);
        }
    }

    private static List<Long> steps(List<Long> sequences) {
        return LongStream.range(1, sequences.size())
                .mapToObj(i -> sequences.get((int) i) - sequences.get((int) i - 1))
                .toList();
    }

    private static long openDescriptors() {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long countedBytes() {
        return NativeMemory.outstanding().stream()
                .mapToLong(NativeMemory.Entry::bytes)
                .sum();
    }

    private static long decoderThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("decode-"))
                .count();
    }

    /** What the process holds. */
    private record Usage(long threads, long descriptors, long nativeBytes, long outsideHeapBytes, long heapBytes) {
        static Usage now() {
            System.gc();
            try {
                MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
                String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
                return new Usage(
                        decoderThreads(),
                        openDescriptors(),
                        countedBytes(),
                        4_096 * Long.parseLong(pages) - heap.getCommitted(),
                        heap.getUsed());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Stream<String> messages(String part) {
        try {
            return Files.readAllLines(folder.resolve("lines.jsonl")).stream()
                    .filter(line -> line.startsWith("{\"schema\":\"helmwatch.events/1\"") && line.contains(part));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String metrics(DetectionService service) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + service.httpAddress().getPort() + "/metrics");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    /** Records what the pipeline publishes. */
    private static final class Recorder implements DetectionSink {
        private final List<String> log = new CopyOnWriteArrayList<>();
        private final List<FrameDetections> frames = new CopyOnWriteArrayList<>();

        List<Long> sequences(String stream) {
            return frames.stream()
                    .filter(frame -> frame.stream().equals(stream))
                    .map(FrameDetections::sequence)
                    .toList();
        }

        List<String> ids(String stream) {
            return frames.stream()
                    .filter(frame -> frame.stream().equals(stream))
                    .map(FrameDetections::id)
                    .toList();
        }

        @Override
        public String name() {
            return "recorder";
        }

        @Override
        public void publish(FrameDetections detections) {
            frames.add(detections);
        }

        @Override
        public void publish(StreamStatus status) {
            log.add(status.stream() + " " + status.state());
        }

        @Override
        public void removeStream(String stream) {
            log.add(stream + " removed");
        }

        @Override
        public void close() {}
    }
}
