package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver.Seen;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodeModeTest {
    /** 625 frames at 25 a second, with frames that are shown before those decoded before them, and a key frame every two seconds. */
    private static final Path YARD = Path.of(System.getProperty("helmwatch.home", ".."), "models/demo-clip/yard.mp4");

    private static final int YARD_FRAMES = 625;

    /** The pictures of the yard by their times, with everything decoded. */
    private static Map<Long, List<Integer>> all;

    @BeforeAll
    static void decodeEverything() {
        all = play(YARD, DecodeMode.ALL, 0).frames().stream()
                .collect(Collectors.toMap(Seen::ptsNanos, Seen::quadrants));
    }

    @ParameterizedTest
    @CsvSource({
        // mode, analyze-fps, frames
        "KEY_FRAMES, 0, 13",
        "KEY_FRAMES, 5, 13",
        "KEY_FRAMES, 0.25, 7",
        "AUTO, 5, 125"
    })
    void shouldAnalyseTheSamePicturesAsWithEverythingDecoded(DecodeMode mode, double fps, int frames) {
        RecordingReceiver found = play(YARD, mode, fps);
        assertThat(found.frames()).hasSize(frames);
        assertThat(found.dropped(DropCause.SAMPLED)).isEqualTo(YARD_FRAMES - frames);
        assertThat(found.dropped(DropCause.CORRUPT)).isZero();
        assertThat(found.frames())
                .allSatisfy(frame -> assertThat(frame.quadrants()).isEqualTo(all.get(frame.ptsNanos())));
        assertThat(found.frames()).extracting(Seen::ptsNanos).isSorted().doesNotHaveDuplicates();
        assertThat(found.frames()).extracting(Seen::sequence).isSorted().doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({"mjpeg.mkv, -c:v mjpeg -q:v 3 -pix_fmt yuvj420p", "mpeg4.mp4, -c:v mpeg4 -b 600k -g 5 -bf 0"})
    void shouldDecodeOtherCodecsAsOftenAsTheyAreAnalysed(String name, String encoder) {
        Path clip = TestClips.make(name, "-i testsrc2=size=320x240:rate=25 -frames:v 100 " + encoder);
        RecordingReceiver found = play(StreamConfig.builder("clip", clip.toString())
                .decode(DecodeMode.AUTO)
                .analyzeFps(5)
                .realtime(true)
                .build());
        assertThat(found.frames()).hasSize(20);
        assertThat(found.dropped(DropCause.SAMPLED)).isEqualTo(80);
        for (int i = 0; i < 20; i++) {
            assertThat(found.frames().get(i).ptsNanos()).isCloseTo(i * 200_000_000L, within(41_000_000L));
        }
    }

    @Test
    void shouldDecodeKeyFramesOfACamera() throws Exception {
        try (RtspCamera camera = new RtspCamera();
                RunningSource source = new RunningSource(StreamConfig.builder("gate", camera.url())
                        .decode(DecodeMode.KEY_FRAMES)
                        .build())) {
            source.seen()
                    .await(
                            "key frames",
                            Duration.ofSeconds(20),
                            seen -> seen.frames().size() >= 5);
            List<Seen> frames = source.seen().frames();
            // The first one is where the camera happened to be.
            for (int i = 2; i < 5; i++) {
                assertThat(frames.get(i).ptsNanos() - frames.get(i - 1).ptsNanos())
                        .isCloseTo(1_000_000_000L, within(50_000_000L));
                assertThat(frames.get(i).sequence() - frames.get(i - 1).sequence())
                        .isEqualTo(25);
            }
            assertThat(source.seen().states()).contains(State.ONLINE).doesNotContain(State.DEGRADED);
            assertThat(source.seen().dropped(DropCause.SAMPLED)).isGreaterThanOrEqualTo(72);
        }
    }

    @Test
    void shouldLeaveOutFramesThatNoOtherRefersToOfALiveStream() {
        StreamConfig live = StreamConfig.builder("clip", YARD.toString())
                .decode(DecodeMode.AUTO)
                .analyzeFps(2)
                .realtime(true)
                .build();
        try (RunningSource source = new RunningSource(live)) {
            source.seen()
                    .await(
                            "frames",
                            Duration.ofSeconds(30),
                            seen -> seen.frames().size() >= 9);
            List<Seen> frames = source.seen().frames();
            assertThat(source.seen().dropped(DropCause.CORRUPT)).isZero();
            for (int i = 0; i < 9; i++) {
                assertThat(frames.get(i).ptsNanos()).isBetween(i * 500_000_000L, i * 500_000_000L + 250_000_000L);
                assertThat(frames.get(i).quadrants())
                        .isEqualTo(all.get(frames.get(i).ptsNanos()));
            }
        }
    }

    private static RecordingReceiver play(Path clip, DecodeMode mode, double fps) {
        return play(StreamConfig.builder("clip", clip.toString())
                .decode(mode)
                .analyzeFps(fps)
                .build());
    }

    private static RecordingReceiver play(StreamConfig config) {
        RecordingReceiver receiver = new RecordingReceiver();
        FfmpegFrameSource.create(config).run(receiver);
        assertThat(receiver.lastStatus().state()).isEqualTo(State.ENDED);
        return receiver;
    }
}
