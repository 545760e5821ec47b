package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver.Seen;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedClipsTest {

    @ParameterizedTest
    @CsvSource({
        // clip, frames, width, height of the last frame
        "av1_video.mkv, 125, 640, 360",
        "bottle-detection.mp4, 1189, 640, 360",
        "bt709_full_range.mp4, 30, 1280, 720",
        "car-detection.mp4, 377, 768, 432",
        "hevc.mp4, 60, 1280, 720",
        "multi-stream-with-audio.mp4, 390, 480, 270",
        "one-by-one-person-detection.mp4, 1394, 768, 432",
        "resolution-change.h264, 96, 424, 232",
        "site-worker-720p.mp4, 343, 1280, 720",
        "worker-zone-480x270.mp4, 71, 480, 270",
    })
    void shouldDecodeEveryFrame(String clip, int frames, int width, int height) {
        Path file = Path.of(System.getProperty("helmwatch.data", "absent"), "clips", clip);
        assumeTrue(Files.exists(file), "skipped: the clips of others are not here: " + file);
        RecordingReceiver receiver = new RecordingReceiver();

        FfmpegFrameSource.create(StreamConfig.of("clip", file.toString())).run(receiver);

        assertThat(receiver.states()).containsExactly(State.STARTING, State.ONLINE, State.ENDED);
        assertThat(receiver.dropped(DropCause.CORRUPT)).isZero();
        List<Seen> seen = receiver.frames();
        assertThat(seen).hasSize(frames);
        assertThat(seen).extracting(Seen::sequence).isSorted().doesNotHaveDuplicates();
        assertThat(seen).extracting(Seen::ptsNanos).isSorted().doesNotHaveDuplicates();
        assertThat(seen.get(0).ptsNanos()).isZero();
        assertThat(seen.get(frames - 1)).extracting(Seen::width, Seen::height).containsExactly(width, height);
    }
}
