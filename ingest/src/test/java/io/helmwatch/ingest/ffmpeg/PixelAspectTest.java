package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.PixelAspect;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.vision.StreamStatus.State;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames are delivered as they are displayed: with square pixels. */
class PixelAspectTest {

    @ParameterizedTest(name = "{1} says {2}, configured {3}")
    @CsvSource({
        // stored 160x120; shape of its pixels; configured; as displayed
        "libopenh264, a.mp4, 1/1, none, 160, 120",
        "libopenh264, a.mp4, 2/1, none, 320, 120",
        "mpeg4, a.avi, 2/1, none, 320, 120",
        "mpeg4, a.mkv, 1/2, none, 160, 240",
        "mpeg4, a.mp4, 12/11, none, 175, 120",
        "mpeg4, a.mp4, 1000/999, none, 160, 120",
        "libopenh264, a.h264, 1/1, 2:1, 320, 120",
        "mpeg4, a.mp4, 2/1, 1:1, 160, 120",
    })
    void shouldMakePixelsSquare(String encoder, String name, String stored, String configured, int width, int height) {
        Path clip = TestClips.make(
                name, "-i testsrc2=size=160x120:rate=25,setsar=" + stored + " -frames:v 5 -c:v " + encoder);
        StreamConfig.Builder config = StreamConfig.builder("clip", clip.toString());
        if (!configured.equals("none")) {
            String[] sides = configured.split(":", 2);
            config.pixelAspect(new PixelAspect(Integer.parseInt(sides[0]), Integer.parseInt(sides[1])));
        }
        RecordingReceiver receiver = new RecordingReceiver();

        FfmpegFrameSource.create(config.build()).run(receiver);

        assertThat(receiver.lastStatus().state()).isEqualTo(State.ENDED);
        assertThat(receiver.frames())
                .hasSize(5)
                .allSatisfy(frame ->
                        assertThat(frame.width() + "x" + frame.height()).isEqualTo(width + "x" + height));
    }
}
