package io.helmwatch.ingest.ffmpeg.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.ffmpeg.TestClips;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.global.avcodec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileRoundsTest {

    /** A flush of the H.264 decoder costs a session of the video engine; elsewhere it is cheap and always right. */
    @ParameterizedTest
    @CsvSource({
        "idr.mp4, -c:v libopenh264 -g 5, true",
        "idr.mkv, -c:v libopenh264 -g 5, true",
        "annex-b.ts, -c:v libopenh264 -g 5, false",
        "other.mp4, -c:v mpeg4 -g 5, false"
    })
    void shouldContinueWithoutAFlushOnlyWhereTheFileStartsWithAnIdrFrame(String name, String codec, boolean expected) {
        String clip = TestClips.make(name, "-i testsrc2=size=64x48:rate=25 -frames:v 10 " + codec)
                .toString();
        Interrupt interrupt = new Interrupt();
        StreamConfig config = StreamConfig.of("rounds", clip).playing(clip, false, true);
        interrupt.attach();
        try (FfmpegInput input = open(config, clip, interrupt);
                AVPacket packet = avcodec.av_packet_alloc()) {
            long last = Long.MIN_VALUE;
            int packets = 0;
            while (input.read(packet) >= 0) {
                last = Math.max(last, packet.pts());
                packets++;
                avcodec.av_packet_unref(packet);
            }
            assertThat(packets).isEqualTo(10);
            assertThat(input.startNextRound()).isEqualTo(expected);
            if (expected) {
                assertThat(input.read(packet)).isZero();
                assertThat(input.video().toNanos(packet.pts()) - input.video().toNanos(last))
                        .isBetween(39_000_000L, 41_000_000L);
            }
            avcodec.av_packet_free(packet);
        } finally {
            interrupt.detach();
        }
    }

    private static FfmpegInput open(StreamConfig config, String clip, Interrupt interrupt) {
        StreamAddress address = StreamAddress.parse(clip);
        RedirectPolicy policy = new RedirectPolicy(config, address);
        return FfmpegInput.open(InputAccess.direct(config, policy, address), interrupt, null);
    }
}
