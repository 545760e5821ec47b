package io.helmwatch.pipeline.clips;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.RecordedFragments;
import io.helmwatch.ingest.ffmpeg.RecordedFragments.ReadFile;
import io.helmwatch.ingest.ffmpeg.TestClips;
import io.helmwatch.pipeline.cli.CommandRun;
import io.helmwatch.pipeline.clips.RecordedStream.Result;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clips of real sources, read back with libavformat as a player would. */
@Timeout(120)
class ClipServiceTest {
    private static final String H264 =
            "-i testsrc2=size=%s:rate=25 -frames:v %d -c:v libopenh264 -b 300k -g 250" + " -bf 0 -pix_fmt yuv420p";
    private static final List<List<ZoneConfig.Point>> MASK = List.of(List.of(
            new ZoneConfig.Point(0.5, 0),
            new ZoneConfig.Point(1, 0),
            new ZoneConfig.Point(1, 1),
            new ZoneConfig.Point(0.5, 1)));

    /** 26 seconds with key frames ten seconds apart. */
    private static Path camera;

    @TempDir
    Path folder;

    @BeforeAll
    static void encode() {
        camera = TestClips.make("far-keys.mp4", H264.formatted("320x240", 650));
    }

    @AfterEach
    void shouldLeaveNoNativeMemory() {
        for (String account : List.of("ffmpeg.packets", "ffmpeg.muxers", "ffmpeg.encoders")) {
            assertThat(NativeMemory.account(account).bytes()).as(account).isZero();
        }
    }

    private static Path shared(String name) {
        Path file = Path.of(System.getProperty("helmwatch.data", "absent"), "clips", name);
        assumeTrue(Files.exists(file), "skipped: the clips of others are not here: " + file);
        return file;
    }

    private Path file(Incident.Clip clip) {
        return folder.resolve(clip.path());
    }

    private ReadFile read(Incident.Clip clip) throws IOException {
        return RecordedFragments.read(Files.readAllBytes(file(clip)), folder);
    }

    private JsonNode sidecar(Incident.Clip clip) throws IOException {
        return new ObjectMapper().readTree(folder.resolve(clip.sidecar().path()).toFile());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("timeline"))
                    .toList();
        }
    }

    /** Frames that the pipeline saw between two times of the stream. */
    private static long seen(RecordedStream stream, long fromMillis, long toMillis) {
        return stream.times().stream()
                .filter(time -> time.ptsMillis() >= fromMillis && time.ptsMillis() <= toMillis)
                .count();
    }

    @Test
    void shouldCutFromTheKeyFrameBeforeThePreRollToThePostRollWithoutEncodingAgain() throws Exception {
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            // From 14 s on in the picture: the pre-roll begins at 11 s, the key frame before it is at 10 s.
            stream.incident(1, 14_000, 18_000).play(camera);
            Result result = stream.await();

            Incident.Clip clip = result.clip();
            ReadFile read = read(clip);
            assertThat(read.streams()).isOne();
            assertThat(read.packets())
                    .hasSize((int) seen(stream, 10_000, 22_000))
                    .hasSize(301);
            assertThat(read.decoded()).hasSize(301);
            assertThat(read.packets().get(0).key()).isTrue();
            assertThat(read.decoded().get(300) - read.decoded().get(0)).isCloseTo(12, within(1e-6));
            assertThat(clip.fromMillis()).isEqualTo(stream.times().get(250).capturedAtMillis());
            assertThat(clip.toMillis()).isEqualTo(stream.times().get(550).capturedAtMillis());
            assertThat(clip.isMasked()).isFalse();
            JsonNode sidecar = sidecar(clip);
            assertThat(sidecar.path("frames")).hasSize(301);
            JsonNode box = sidecar.path("frames").get(0).path("boxes").get(0);
            assertThat(box.path("box").get(0).asDouble()).isEqualTo(32.0);
            assertThat(box.path("kind").textValue()).isEqualTo("bare");
            assertThat(box.path("track").intValue()).isPositive();
            for (int i = 0; i < 301; i++) {
                assertThat(sidecar.path("frames").get(i).path("t").asDouble())
                        .isCloseTo(read.decoded().get(i), within(1e-5));
            }
            assertThat(files()).hasSize(2);
        }
    }

    @ParameterizedTest
    @CsvSource({"yuvj420p, false", "yuvj422p, true"})
    void shouldEncodeImagesAsVideoThatPlayersPlay(String pixels, boolean isMasked) throws Exception {
        Path images = TestClips.make(
                pixels + ".avi", "-i testsrc2=size=320x240:rate=5 -frames:v 80 -c:v mjpeg -q:v 3 -pix_fmt " + pixels);
        try (RecordedStream stream = new RecordedStream(folder, false, isMasked ? MASK : List.of())) {
            stream.incident(1, 6_000, 9_000).play(images);
            Incident.Clip clip = stream.await().clip();

            ReadFile read = read(clip);
            // Every image is a key frame: from 3 s on to 13 s.
            assertThat(read.decoded()).hasSize(51);
            assertThat(read.decoded().get(50) - read.decoded().get(0)).isCloseTo(10, within(1e-6));
            assertThat(new String(Files.readAllBytes(file(clip)), StandardCharsets.ISO_8859_1))
                    .contains("avcC");
            assertThat(clip.isMasked()).isEqualTo(isMasked);
            assertThat(sidecar(clip).path("frames")).hasSize(51);
        }
    }

    @Test
    void shouldRecordTwoIncidentsOfAStreamAtOnceAndEndALongOneAtItsLimit() throws Exception {
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            stream.incident(1, 2_000, 60_000).incident(2, 3_000, 8_000).play(camera);
            Result one = stream.await();
            Result other = stream.await();

            Result longer = one.incident().endsWith("/1") ? one : other;
            Result shorter = one.incident().endsWith("/1") ? other : one;
            // The pre-roll begins a second before the stream does; 20 s are the limit.
            assertThat(read(longer.clip()).decoded()).hasSize((int) seen(stream, 0, 19_000));
            assertThat(read(shorter.clip()).decoded()).hasSize((int) seen(stream, 0, 12_000));
            assertThat(stream.service().store().stored()).isEqualTo(2);
        }
    }

    @Test
    void shouldEndWithTheStream() throws Exception {
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            stream.incident(1, 22_000, 60_000).play(camera);

            assertThat(read(stream.await().clip()).decoded()).hasSize((int) seen(stream, 10_000, 26_000));
        }
    }

    /** Some seconds small, then as many large. */
    private Path changing(int seconds) throws IOException {
        Path small = TestClips.make("small.ts", H264.formatted("160x120", 25 * seconds));
        Path large =
                TestClips.make("large.ts", H264.formatted("320x180", 25 * seconds) + " -output_ts_offset " + seconds);
        Path both = folder.resolve("both.ts");
        try (OutputStream out = Files.newOutputStream(both)) {
            Files.copy(small, out);
            Files.copy(large, out);
        }
        return both;
    }

    @Test
    void shouldBeginOrEndWhereParameterSetsAndResolutionChange() throws Exception {
        Path changing = changing(10);
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            stream.incident(1, 4_000, 15_000).incident(2, 9_000, 15_000).play(changing);
            Result one = stream.await();
            Result other = stream.await();
            Files.delete(changing);

            ReadFile before = read((one.incident().endsWith("/1") ? one : other).clip());
            ReadFile after = read((one.incident().endsWith("/1") ? other : one).clip());
            assertThat(List.of(before.width(), before.height())).containsExactly(160, 120);
            assertThat(before.decoded()).hasSizeBetween(249, 250);
            assertThat(List.of(after.width(), after.height())).containsExactly(320, 180);
            assertThat(after.decoded()).hasSizeBetween(220, 250);
        }
    }

    @Test
    void shouldKeepReorderedFramesAndDropSound() throws Exception {
        for (String name : List.of("site-worker-720p.mp4", "multi-stream-with-audio.mp4")) {
            try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
                stream.incident(1, 1_000, 5_000).play(shared(name));
                Incident.Clip clip = stream.await().clip();

                ReadFile read = read(clip);
                assertThat(read.streams()).as(name).isOne();
                assertThat(read.decoded())
                        .as(name)
                        .hasSameSizeAs(read.packets())
                        .isSorted();
                List<Double> order = read.packets().stream()
                        .map(RecordedFragments.ReadPacket::pts)
                        .toList();
                if (name.startsWith("site")) {
                    assertThat(order).isNotEqualTo(order.stream().sorted().toList());
                }
                assertThat(clip.fromMillis()).isEqualTo(stream.times().get(0).capturedAtMillis());
            }
        }
    }

    /** Looks at every frame of a file. */
    private static int frames(Path file, FrameCheck check) {
        int[] count = new int[1];
        FfmpegFrameSource.create(StreamConfig.of("stored", file.toString())).run(new FrameReceiver() {
            @Override
            public void onFrame(FrameLease frame) {
                check.check(frame);
                count[0]++;
            }

            @Override
            public void onDropped(DropCause cause) {}

            @Override
            public void onStatus(StreamStatus status) {}
        });
        return count[0];
    }

    private interface FrameCheck {
        void check(FrameLease frame);
    }

    /** Smallest and largest luma within a box of fractions of the frame. */
    private static int[] range(FrameLease frame, BoundingBox box) {
        ByteBuffer luma = frame.plane(0);
        int least = 255;
        int most = 0;
        for (int y = (int) (box.y1() * frame.height()); y < (int) (box.y2() * frame.height()); y++) {
            for (int x = (int) (box.x1() * frame.width()); x < (int) (box.x2() * frame.width()); x++) {
                int value = luma.get(y * frame.strideBytes(0) + x) & 0xff;
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        return new int[] {least, most};
    }

    @Test
    void shouldBurnMasksIntoEveryFrameAlsoWhenTheResolutionChanges() throws Exception {
        Path changing = changing(3);
        try (RecordedStream stream = new RecordedStream(folder, false, MASK)) {
            stream.incident(1, 500, 60_000).play(changing);
            Incident.Clip clip = stream.await().clip();
            Files.delete(changing);

            assertThat(clip.isMasked()).isTrue();
            int stored = frames(file(clip), frame -> {
                assertThat(frame.width()).isEqualTo(160);
                assertThat(range(frame, new BoundingBox(0.53f, 0, 1, 1))[1]).isLessThan(32);
                assertThat(range(frame, new BoundingBox(0, 0, 0.47f, 1))[1]).isGreaterThan(100);
            });
            assertThat(stored).isEqualTo((int) seen(stream, 0, 6_000));
            JsonNode sidecar = sidecar(clip);
            assertThat(sidecar.path("masked").booleanValue()).isTrue();
            JsonNode frames = sidecar.path("frames");
            assertThat(frames).hasSize(stored);
            assertThat(frames.get(stored - 1)
                            .path("boxes")
                            .get(0)
                            .path("box")
                            .get(0)
                            .asDouble())
                    .as("in pixels of the size that the sidecar says")
                    .isEqualTo(16.0);
        }
    }

    @Test
    void shouldStoreOnlyAnalysedFramesWithOtherHeadsBlurred() throws Exception {
        try (RecordedStream stream = new RecordedStream(folder, true, List.of())) {
            stream.analysing(5).incident(1, 14_000, 18_000).play(camera);
            Incident.Clip clip = stream.await().clip();

            int[] sharper = new int[1];
            int stored = frames(file(clip), frame -> {
                int[] other = range(frame, RecordedStream.OTHER);
                int[] own = range(frame, RecordedStream.SUBJECT);
                sharper[0] += own[1] - own[0] > other[1] - other[0] ? 1 : 0;
            });
            assertThat(stored).isEqualTo(61);
            assertThat(clip.isMasked()).isTrue();
            assertThat(sidecar(clip).path("frames")).hasSize(61);
            assertThat(sharper[0]).isGreaterThan(55);
        }
    }

    @Test
    void shouldNeverStoreWhatWasCapturedUnderAMaskWithoutIt() throws Exception {
        StreamConfig open = RecordedStream.config(camera.toString(), List.of());
        StreamConfig masked = RecordedStream.config(camera.toString(), MASK);
        try (RecordedStream stream = new RecordedStream(folder, false, MASK)) {
            // Removed at 11 s: the next key frame without it is at 20 s.
            stream.at((millis, clips) -> {
                        if (millis >= 11_000) {
                            clips.change(open);
                        }
                    })
                    .incident(1, 17_000, 21_000)
                    .play(masked);
            Incident.Clip clip = stream.await().clip();
            assertThat(clip.isMasked()).isFalse();
            assertThat(clip.fromMillis()).isEqualTo(stream.times().get(500).capturedAtMillis());
        }
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            // Added at 15 s, in the middle of a clip.
            stream.at((millis, clips) -> {
                        if (millis >= 15_000) {
                            clips.change(masked);
                        }
                    })
                    .incident(2, 12_000, 20_000)
                    .play(open);
            Incident.Clip clip = stream.await().clip();
            assertThat(clip.isMasked()).isFalse();
            assertThat(clip.toMillis())
                    .isLessThanOrEqualTo(stream.times().get(376).capturedAtMillis());
        }
    }

    @Test
    void shouldKeepNothingOfAStreamWithoutRulesAndSkipIncidentsBeyondEight() throws Exception {
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            stream.incident(1, 1_000, 5_000).play(StreamConfig.of(RecordedStream.ID, camera.toString()));
            assertThat(NativeMemory.account("ffmpeg.packets").bytes()).isZero();
            assertThat(stream.service().inProgress()).isZero();
        }
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            for (int number = 1; number <= 9; number++) {
                stream.incident(number, 5_000, 60_000);
            }
            stream.play(camera);
            for (int i = 0; i < 8; i++) {
                assertThat(stream.await().clip()).isNotNull();
            }
            assertThat(stream.service().store().skipped()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseVideoThatMp4CannotHoldAndSayWhich() throws Exception {
        Path other = TestClips.make("other-codec.mp4", "-i testsrc2=size=64x48:rate=25 -frames:v 200 -c:v mpeg4");
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            stream.incident(1, 1_000, 5_000).play(other);

            assertThat(stream.await().clip()).isNull();
            assertThat(stream.service().store().refused()).isEqualTo(1);
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void shouldStoreWhatItHasWhenTheServiceEnds() throws Exception {
        try (RecordedStream stream = new RecordedStream(folder, true, List.of())) {
            stream.analysing(5).incident(1, 2_000, 60_000).play(camera);
            stream.close();

            assertThat(read(stream.await().clip()).decoded()).isNotEmpty();
        }
    }

    @Test
    void shouldTellWhereAClipIsAndDrawItsBoxesIntoACopy() throws Exception {
        Path yaml = Files.writeString(
                folder.resolve("site.yaml"),
                "incidents: {clips: {directory: .}}\nstreams: [{id: gate, url: rtsp://192.0.2.1/}]\n");
        Path drawn = folder.resolve("drawn.mp4");
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            stream.incident(1, 1_000, 4_000).play(TestClips.make("short.mp4", H264.formatted("160x120", 125)));
            Result result = stream.await();

            CommandRun found = CommandRun.of("clip", result.incident(), "-c", yaml);
            assertThat(found.err() + found.out()).isEqualTo(file(result.clip()) + "\n");
            CommandRun run = CommandRun.of("clip", result.incident(), "-c", yaml, "--draw", drawn);
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(frames(drawn, frame -> assertThat(frame.width()).isEqualTo(160)))
                    .isEqualTo(read(result.clip()).decoded().size());
        }
        CommandRun unknown = CommandRun.of("clip", "gate/1/bare/9", "-c", yaml);
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.err()).contains("incident gate/1/bare/9: there is no clip in ");
        CommandRun wrong =
                CommandRun.of("clip", "gate/1795176000/bare/1", "-c", yaml, "--draw", folder.resolve("nowhere/x.mp4"));
        assertThat(wrong.code()).isEqualTo(2);
    }

    /** A process with a limit on the size of files, which writes fail beyond as on a full disk. */
    @Test
    void shouldGiveUpAClipOnAFullDiskAndLeaveNoFile() throws Exception {
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "ulimit -f 100; exec \"$@\"",
                        "bash",
                        java(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath(),
                        main(),
                        folder.toString(),
                        camera.toString(),
                        "fast")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(said).contains("Clips cannot be stored in " + folder).contains("stored=0 failed=1");
        assertThat(files()).isEmpty();
    }

    @Test
    void shouldLeaveAFileThatPlaysWhenTheProcessIsKilledAndDeleteItAtTheNextStart() throws Exception {
        Process process = new ProcessBuilder(
                        java(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath(),
                        main(),
                        folder.toString(),
                        camera.toString(),
                        "realtime")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (files().isEmpty() || Files.size(files().get(0)) < 60_000) {
                assertThat(System.nanoTime()).isLessThan(until);
                Thread.sleep(20);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }

        Path left = files().get(0);
        assertThat(left.toString()).endsWith(".mp4.part");
        ReadFile read = RecordedFragments.read(Files.readAllBytes(left), folder);
        assertThat(read.decoded()).hasSizeGreaterThan(20).hasSameSizeAs(read.packets());
        try (RecordedStream stream = new RecordedStream(folder, false, List.of())) {
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (Files.exists(left)) {
                assertThat(System.nanoTime()).isLessThan(until);
                Thread.sleep(5);
            }
            assertThat(stream.service().inProgress()).isZero();
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String classPath() {
        return System.getProperty("java.class.path");
    }

    private static String main() {
        return ClipProcess.class.getName();
    }
}
