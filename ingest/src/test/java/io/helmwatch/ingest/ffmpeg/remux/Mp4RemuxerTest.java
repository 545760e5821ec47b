package io.helmwatch.ingest.ffmpeg.remux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.PacketReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.RecordedFragments;
import io.helmwatch.ingest.ffmpeg.RecordedFragments.ReadFile;
import io.helmwatch.ingest.ffmpeg.RecordedFragments.ReadPacket;
import io.helmwatch.ingest.ffmpeg.RecordedFragments.Timeline;
import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.ingest.ffmpeg.TestClips;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Mp4RemuxerTest {
    private static final String H264 =
            "-i testsrc2=size=320x240:rate=25 -frames:v 60 -c:v libopenh264 -b 400k -g 25 -bf 0 -pix_fmt yuv420p";

    /** A frame as the pipeline sees it. */
    private record MediaTime(int epoch, long nanos) {}

    /** Notes when frames are presented. */
    private static final class Frames implements FrameReceiver {
        private final List<MediaTime> times = new ArrayList<>();

        @Override
        public synchronized void onFrame(FrameLease frame) {
            times.add(new MediaTime(frame.info().mediaEpoch(), frame.info().mediaTimeNanos()));
        }

        @Override
        public void onDropped(DropCause cause) {}

        @Override
        public void onStatus(StreamStatus status) {}

        synchronized List<MediaTime> times() {
            return List.copyOf(times);
        }
    }

    @TempDir
    Path folder;

    private final RecordedFragments fragments = new RecordedFragments();
    private final Frames frames = new Frames();

    @AfterEach
    void shouldLeaveNoNativeMemory() {
        assertThat(NativeMemory.account("ffmpeg.packets").bytes()).isZero();
        assertThat(NativeMemory.account("ffmpeg.muxers").bytes()).isZero();
    }

    private void remux(Path clip) {
        FfmpegFrameSource source = FfmpegFrameSource.create(StreamConfig.of("clip", clip.toString()));
        try (Mp4Remuxer remuxer = new Mp4Remuxer(fragments)) {
            source.packets().subscribe(remuxer::add);
            source.run(frames);
        }
    }

    private static Path shared(String name) {
        Path file = Path.of(System.getProperty("helmwatch.data", "absent"), "clips", name);
        assumeTrue(Files.exists(file), "skipped: the clips of others are not here: " + file);
        return file;
    }

    /** Every frame of the only timeline, checked against what the decoder of the pipeline saw. */
    private ReadFile readBack(int count) throws IOException {
        assertThat(fragments.timelines()).hasSize(1);
        Timeline timeline = fragments.timelines().get(0);
        ReadFile read = RecordedFragments.read(timeline, folder);
        assertThat(read.streams()).isOne();
        assertThat(read.packets()).hasSize(count);
        assertThat(read.decoded()).hasSize(count);
        checkTimes(timeline, read);
        List<Double> shown = frames.times().stream()
                .map(time -> timeline.start().seconds(time.epoch(), time.nanos()))
                .toList();
        assertThat(shown).hasSize(count);
        for (int i = 0; i < count; i++) {
            assertThat(shown.get(i)).isCloseTo(read.decoded().get(i), within(1e-8));
        }
        return read;
    }

    private static void checkTimes(Timeline timeline, ReadFile read) {
        assertThat(read.packets().get(0).dts()).isZero();
        assertThat(read.packets().get(0).key()).isTrue();
        double last = -1;
        for (int i = 0; i < read.packets().size(); i++) {
            ReadPacket packet = read.packets().get(i);
            assertThat(packet.dts()).isGreaterThan(last);
            assertThat(packet.pts()).isGreaterThanOrEqualTo(packet.dts());
            assertThat(timeline.fragments().get(i).seconds()).isCloseTo(packet.pts(), within(1e-8));
            assertThat(timeline.fragments().get(i).isKeyFrame()).isEqualTo(packet.key());
            last = packet.dts();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"clip.mp4", "clip.ts", "clip.mkv", "clip.flv"})
    void shouldKeepEveryFrameAndItsTimeWhateverTheContainer(String name) throws IOException {
        remux(TestClips.make(name, H264));

        ReadFile read = readBack(60);
        assertThat(read.codec()).isEqualTo("h264");
        assertThat(List.of(read.width(), read.height())).containsExactly(320, 240);
        assertThat(fragments.timelines().get(0).start().mime()).startsWith("video/mp4; codecs=\"avc1.42");
        assertThat(read.packets().stream().filter(ReadPacket::key)).hasSizeGreaterThanOrEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({
        // clip, frames, codec, name of the codec
        "site-worker-720p.mp4, 343, h264, avc1.",
        "hevc.mp4, 60, hevc, hvc1.",
        "multi-stream-with-audio.mp4, 390, h264, avc1.",
        "car-detection.mp4, 377, h264, avc1."
    })
    void shouldKeepOrderAndTimesOfReorderedFramesAndDropSound(String clip, int count, String codec, String name)
            throws IOException {
        remux(shared(clip));

        assertThat(readBack(count).codec()).isEqualTo(codec);
        assertThat(fragments.timelines().get(0).start().mime()).contains("\"" + name);
    }

    @Test
    void shouldStartATimelineWhenParameterSetsChange() throws IOException {
        Path small = TestClips.make("small.ts", H264);
        Path large = TestClips.make("large.ts", H264.replace("320x240", "640x360") + " -output_ts_offset 2.4");
        Path both = folder.resolve("both.ts");
        try (OutputStream out = Files.newOutputStream(both)) {
            Files.copy(small, out);
            Files.copy(large, out);
        }

        remux(both);

        List<Timeline> timelines = fragments.timelines();
        assertThat(timelines).hasSize(2);
        assertThat(timelines)
                .extracting(each -> each.start().size())
                .containsExactly(new ImageSize(320, 240), new ImageSize(640, 360));
        assertThat(timelines).extracting(each -> each.start().epoch()).containsExactly(1, 2);
        for (Timeline timeline : timelines) {
            ReadFile read = RecordedFragments.read(timeline, folder);
            assertThat(read.decoded()).hasSizeGreaterThanOrEqualTo(59);
            assertThat(read.width()).isEqualTo(timeline.start().size().width());
            checkTimes(timeline, read);
        }
    }

    @Test
    void shouldRefuseRotatedVideoAndOtherCodecsWithAReason() {
        Path upright = TestClips.make("upright.mp4", H264);
        Path turned = TestClips.make("turned.mp4", "-i " + upright + " -c copy -display_rotation 90");
        try (Mp4Remuxer remuxer = new Mp4Remuxer(fragments)) {
            FfmpegFrameSource source = FfmpegFrameSource.create(StreamConfig.of("turned", turned.toString()));
            source.packets().subscribe(remuxer::add);
            source.run(frames);
            assertThat(remuxer.refusal()).contains("rotated");
        }
        try (Mp4Remuxer remuxer = new Mp4Remuxer(fragments)) {
            FfmpegFrameSource source = FfmpegFrameSource.create(StreamConfig.of(
                    "mpeg4",
                    TestClips.make("other.mp4", "-i testsrc2=size=64x48:rate=25 -frames:v 10 -c:v mpeg4")
                            .toString()));
            source.packets().subscribe(remuxer::add);
            source.run(frames);
            assertThat(remuxer.refusal()).contains("codec");
        }
        assertThat(fragments.timelines()).isEmpty();
    }

    @Test
    void shouldStartATimelineAtZeroAfterEveryConnectionOfACamera() throws Exception {
        try (RtspCamera camera = new RtspCamera();
                Mp4Remuxer remuxer = new Mp4Remuxer(fragments)) {
            FfmpegFrameSource source = FfmpegFrameSource.create(StreamConfig.of("cam", camera.url()));
            PacketReceiver receiver = remuxer::add;
            source.packets().subscribe(receiver);
            Thread thread = new Thread(() -> source.run(frames), "camera");
            thread.start();
            awaitFragments(1, 30);
            camera.kill();
            camera.start();
            awaitFragments(2, 30);
            source.stop();
            thread.join(Duration.ofSeconds(5).toMillis());
            assertThat(thread.isAlive()).isFalse();
        }

        List<Timeline> timelines = fragments.timelines();
        assertThat(timelines).extracting(each -> each.start().mediaEpoch()).containsExactly(1, 2);
        for (Timeline timeline : timelines) {
            ReadFile read = RecordedFragments.read(timeline, folder);
            checkTimes(timeline, read);
            List<Double> shown = frames.times().stream()
                    .map(time -> timeline.start().seconds(time.epoch(), time.nanos()))
                    .filter(seconds -> seconds >= 0)
                    .toList();
            assertThat(shown)
                    .hasSizeGreaterThan(25)
                    .allSatisfy(seconds -> assertThat(read.decoded())
                            .anySatisfy(decoded -> assertThat(decoded).isCloseTo(seconds, within(1e-8))));
        }
    }

    /** RTP carries presentation times only, in the order of decoding. */
    @Test
    void shouldFindDecodingTimesForReorderedFramesOfACamera() throws Exception {
        Path clip = shared("site-worker-720p.mp4");
        Path raw = TestClips.make("reordered.h264", "-i " + clip + " -c copy");
        remux(clip);
        Timeline file = fragments.timelines().get(0);
        List<Long> ticks = file.fragments().stream()
                .map(fragment -> Math.round(fragment.seconds() * 90_000))
                .toList();
        assertThat(ticks)
                .as("the clip has reordered frames")
                .isNotEqualTo(ticks.stream().sorted().toList());
        RecordedFragments live = new RecordedFragments();
        Frames seen = new Frames();
        try (RtspCamera camera = RtspCamera.playing(raw);
                Mp4Remuxer remuxer = new Mp4Remuxer(live)) {
            camera.stampBy(frame -> 90_000 + ticks.get(frame % ticks.size()));
            FfmpegFrameSource source = FfmpegFrameSource.create(StreamConfig.of("cam", camera.url()));
            source.packets().subscribe(remuxer::add);
            Thread thread = new Thread(() -> source.run(seen), "camera");
            thread.start();
            long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (live.timelines().isEmpty()
                    || live.timelines()
                                    .get(live.timelines().size() - 1)
                                    .fragments()
                                    .size()
                            < 100) {
                assertThat(System.nanoTime())
                        .as(remuxer.refusal() + live.timelines().size())
                        .isLessThan(until);
                Thread.sleep(20);
            }
            source.stop();
            thread.join(5_000);
        }

        Timeline last = live.timelines().get(live.timelines().size() - 1);
        ReadFile read = RecordedFragments.read(last, folder);
        checkTimes(last, read);
        assertThat(read.decoded()).hasSameSizeAs(read.packets()).isSorted();
        assertThat(last.fragments())
                .allSatisfy(fragment -> assertThat(fragment.durationSeconds())
                        .as("no duration that a player takes for a gap")
                        .isBetween(0.004, 0.3));
        double from = read.decoded().get(0);
        double to = read.decoded().get(read.decoded().size() - 1) - 0.2;
        List<Double> shown = seen.times().stream()
                .map(time -> last.start().seconds(time.epoch(), time.nanos()))
                .filter(seconds -> seconds >= from && seconds <= to)
                .toList();
        assertThat(shown)
                .hasSizeGreaterThan(50)
                .allSatisfy(seconds -> assertThat(read.decoded())
                        .anySatisfy(decoded -> assertThat(decoded).isCloseTo(seconds, within(1e-8))));
    }

    private void awaitFragments(int timelines, int count) throws InterruptedException {
        long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (fragments.timelines().size() < timelines
                || fragments.timelines().get(timelines - 1).fragments().size() < count) {
            assertThat(System.nanoTime())
                    .as("timelines " + fragments.timelines().size())
                    .isLessThan(until);
            Thread.sleep(20);
        }
    }

    @Test
    void shouldTouchNoPacketWhileNobodyLooks() {
        FfmpegFrameSource source = FfmpegFrameSource.create(
                StreamConfig.of("clip", TestClips.make("clip.mp4", H264).toString()));
        List<Long> sizes = new ArrayList<>();
        PacketReceiver receiver = packet -> sizes.add((long) packet.sizeBytes());
        source.packets().subscribe(receiver);
        source.packets().unsubscribe(receiver);

        source.run(frames);

        assertThat(sizes).isEmpty();
        assertThat(frames.times()).hasSize(60);
    }
}
