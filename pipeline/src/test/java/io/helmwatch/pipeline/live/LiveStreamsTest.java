package io.helmwatch.pipeline.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.ZoneConfig.Point;
import io.helmwatch.ingest.ffmpeg.RecordedFragments;
import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.pipeline.live.RecordingConnection.Binary;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.web.LiveVideo.Viewer;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveStreamsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String WATCH =
            "{\"type\":\"watch\",\"streams\":[{\"id\":\"gate\",\"video\":\"%s\",\"hevc\":false}]}";
    private static final int INIT = 0;
    private static final int FRAGMENT = 1;
    private static final int JPEG = 2;

    @TempDir
    Path folder;

    private RtspCamera camera;
    private AnalysedStream stream;
    private LiveStreams live;

    @BeforeEach
    void start() {
        camera = new RtspCamera();
        stream = new AnalysedStream("gate", camera.url());
        live = new LiveStreams(id -> id.equals("gate") ? stream : null, TrackingConfig.DEFAULT, List::of);
        stream.start(live.frames(id -> null));
    }

    @AfterEach
    void stop() {
        live.close();
        stream.close();
        camera.close();
        assertThat(NativeMemory.account("ffmpeg.packets").bytes()).isZero();
        assertThat(NativeMemory.account("ffmpeg.muxers").bytes()).isZero();
    }

    private Viewer watch(RecordingConnection connection, String video) {
        Viewer viewer = live.connect(connection);
        viewer.received(String.format(WATCH, video));
        return viewer;
    }

    private static List<String> modes(RecordingConnection connection) {
        return connection.texts("stream").stream()
                .map(text -> text.path("mode").asText())
                .toList();
    }

    @Test
    void shouldShowTheDetectionsOfAFrameAtTheTimeOfThatVeryFrame() throws IOException {
        RecordingConnection connection = new RecordingConnection();
        watch(connection, "auto");
        connection.await(
                "two seconds of video", LIMIT, seen -> seen.binaries(FRAGMENT).size() > 50);
        live.close();

        assertThat(modes(connection)).endsWith("fmp4");
        JsonNode shown = connection.texts("stream").get(modes(connection).size() - 1);
        assertThat(shown.path("mime").asText()).startsWith("video/mp4; codecs=\"avc1.");
        assertThat(shown.path("width").asInt()).isEqualTo(320);
        int epoch = shown.path("epoch").asInt();
        assertThat(connection.binaries(INIT)).hasSize(1);
        assertThat(connection.binaries(FRAGMENT).get(0).startsDecoding()).isTrue();
        RecordedFragments.ReadFile read = RecordedFragments.read(connection.file(epoch), folder);
        assertThat(read.decoded()).hasSize(connection.binaries(FRAGMENT).size());
        List<JsonNode> frames = connection.texts("frame").stream()
                .filter(text -> text.path("epoch").asInt() == epoch)
                .toList();
        assertThat(frames).hasSizeGreaterThan(45);
        Map<Integer, Double> byEdge = new TreeMap<>();
        for (JsonNode frame : frames) {
            JsonNode box = frame.path("boxes").path(0);
            assertThat(box.path("kind").asText()).isEqualTo("bare");
            byEdge.put(box.path("box").path(0).asInt(), frame.path("t").asDouble());
        }
        double first = read.decoded().get(0);
        for (double t : byEdge.values()) {
            if (t >= first && t <= read.decoded().get(read.decoded().size() - 1) + 1e-6) {
                assertThat(read.decoded()).anySatisfy(pts -> assertThat(pts).isCloseTo(t, within(1e-8)));
            }
        }
        // Frames are 40 ms apart, and so are the detections of successive frames.
        Integer lastEdge = null;
        for (Map.Entry<Integer, Double> each : byEdge.entrySet()) {
            if (lastEdge != null && each.getKey() == lastEdge + 1) {
                assertThat(each.getValue() - byEdge.get(lastEdge)).isCloseTo(0.04, within(0.0002));
            }
            lastEdge = each.getKey();
        }
        assertThat(camera.sessionsServed()).as("the camera is opened once").isOne();
    }

    @Test
    void shouldShowStillFramesUntilThereIsAKeyFrameAndLetLaterViewersJoinAtOnce() {
        RecordingConnection first = new RecordingConnection();
        watch(first, "auto");
        first.await("video", LIMIT, seen -> !seen.binaries(FRAGMENT).isEmpty());
        RecordingConnection second = new RecordingConnection();
        watch(second, "auto");
        second.await("video", LIMIT, seen -> seen.binaries(FRAGMENT).size() > 2);

        assertThat(modes(second)).as("no still frames before").containsExactly("fmp4");
        assertThat(second.binaries(FRAGMENT).get(0).startsDecoding()).isTrue();
        assertThat(second.binaries(JPEG)).isEmpty();
    }

    @Test
    void shouldSendOneJpegForAllViewersAtItsFramesTime() {
        RecordingConnection first = new RecordingConnection();
        RecordingConnection second = new RecordingConnection(true);
        watch(first, "jpeg");
        watch(second, "auto");
        first.await("five JPEG frames", LIMIT, seen -> seen.binaries(JPEG).size() > 5);
        second.await("five JPEG frames", LIMIT, seen -> seen.binaries(JPEG).size() > 5);

        assertThat(modes(second)).containsExactly("jpeg");
        assertThat(second.texts("stream").get(0).path("reason").asText()).contains("role");
        List<Double> times = first.texts("frame").stream()
                .map(text -> text.path("t").asDouble())
                .toList();
        List<Binary> images = first.binaries(JPEG);
        for (int i = 0; i < images.size(); i++) {
            assertThat(times).contains(images.get(i).seconds());
            if (i > 0) {
                assertThat(images.get(i).seconds() - images.get(i - 1).seconds())
                        .isGreaterThan(0.15);
            }
        }
        assertThat(first.binaries(FRAGMENT)).isEmpty();
    }

    @Test
    void shouldNeverLetVideoOfMaskedStreamsOutAsItIs() throws IOException {
        RecordingConnection connection = new RecordingConnection();
        watch(connection, "auto");
        connection.await("video", LIMIT, seen -> seen.binaries(FRAGMENT).size() > 10);

        stream.mask(List.of(List.of(new Point(0, 0), new Point(0.5, 0), new Point(0.5, 1), new Point(0, 1))));
        connection.await(
                "the other mode",
                LIMIT,
                seen -> modes(seen).get(modes(seen).size() - 1).equals("jpeg"));
        int fragments = connection.binaries(FRAGMENT).size();
        int images = connection.binaries(JPEG).size();
        connection.await("JPEG frames", LIMIT, seen -> seen.binaries(JPEG).size() > images + 3);

        assertThat(connection.binaries(FRAGMENT)).hasSize(fragments);
        JsonNode told =
                connection.texts("stream").get(connection.texts("stream").size() - 1);
        assertThat(told.path("reason").asText()).contains("masked");
        List<Binary> all = connection.binaries(JPEG);
        BufferedImage image =
                ImageIO.read(new ByteArrayInputStream(all.get(all.size() - 1).payload()));
        for (int x = 8; x < 152; x += 16) {
            assertThat(new Color(image.getRGB(x, 120)).getGreen()).isLessThan(16);
        }
        stream.mask(List.of());
        connection.await("video again", LIMIT, seen -> seen.binaries(FRAGMENT).size() > fragments + 5);
    }

    @Test
    void shouldServeFiftyViewersAndDropAStuckOneWithoutLosingAFrame() {
        RecordingConnection stuck = new RecordingConnection();
        stuck.stick();
        watch(stuck, "auto");
        List<RecordingConnection> viewers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            viewers.add(new RecordingConnection());
            watch(viewers.get(i), "auto");
        }
        viewers.get(0).await("video", LIMIT, seen -> seen.binaries(FRAGMENT).size() > 20);
        int before = stream.frames();
        long start = System.nanoTime();
        stuck.await("its end", LIMIT, seen -> !seen.closed().isEmpty());
        double seconds = (System.nanoTime() - start) / 1e9;
        int analysed = stream.frames() - before;

        assertThat(stuck.closed()).contains("accepts no data");
        assertThat(analysed).as("frames in %s s", seconds).isGreaterThan(100);
        assertThat(stream.dropped()).isZero();
        for (RecordingConnection viewer : viewers) {
            List<Binary> fragments = viewer.binaries(FRAGMENT);
            assertThat(fragments).hasSizeGreaterThan(analysed - 15);
            for (int i = 1; i < fragments.size(); i++) {
                assertThat(fragments.get(i).seconds() - fragments.get(i - 1).seconds())
                        .isCloseTo(0.04, within(0.001));
            }
        }
        System.out.printf(
                "50 viewers, one more stuck: %d frames in %.1f s, longest hold of the pipeline %.2f ms%n",
                analysed, seconds, stream.longestMillis());
        assertThat(live.viewers()).isEqualTo(50);
        assertThat(camera.sessionsServed()).isOne();
    }

    @Test
    void shouldWorkOnNothingOnceTheLastViewerIsGone() throws InterruptedException {
        RecordingConnection first = new RecordingConnection();
        RecordingConnection second = new RecordingConnection();
        Viewer leaving = watch(first, "auto");
        Viewer closing = watch(second, "auto");
        second.await("video", LIMIT, seen -> seen.binaries(FRAGMENT).size() > 5);

        leaving.received("{\"type\":\"watch\",\"streams\":[]}");
        closing.closed();

        assertThat(live.watchedStreams()).isZero();
        long until = System.nanoTime() + LIMIT.toNanos();
        while (NativeMemory.account("ffmpeg.packets").bytes() != 0
                || NativeMemory.account("ffmpeg.muxers").bytes() != 0
                || isRunning("live-gate")) {
            assertThat(System.nanoTime()).isLessThan(until);
            Thread.sleep(20);
        }
        int frames = first.texts("frame").size();
        Thread.sleep(300);
        assertThat(first.texts("frame")).hasSize(frames);
        assertThat(live.viewers()).isOne();
    }

    private static boolean isRunning(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals(name));
    }

    @Test
    void shouldSayWhatIsWrongWithARequest() {
        RecordingConnection nonsense = new RecordingConnection();
        live.connect(nonsense).received("{\"type\":\"watch\",\"streams\":[{\"id\":\"gate\",\"video\":\"3d\"}]}");
        assertThat(nonsense.closed()).contains("auto, jpeg or none");
        RecordingConnection broken = new RecordingConnection();
        live.connect(broken).received("{");
        assertThat(broken.closed()).contains("JSON");
        RecordingConnection unknown = new RecordingConnection();
        live.connect(unknown).received("{\"type\":\"watch\",\"streams\":[{\"id\":\"nothing\"}]}");
        assertThat(unknown.texts("stream").get(0).path("reason").asText()).contains("no such stream");
    }
}
