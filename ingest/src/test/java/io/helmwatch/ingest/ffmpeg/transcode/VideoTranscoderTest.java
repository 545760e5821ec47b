package io.helmwatch.ingest.ffmpeg.transcode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.RecordedFragments;
import io.helmwatch.ingest.ffmpeg.RecordedFragments.ReadFile;
import io.helmwatch.ingest.ffmpeg.TestClips;
import io.helmwatch.ingest.ffmpeg.remux.Mp4Remuxer;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VideoTranscoderTest {
    private static final String H264 =
            "-i testsrc2=size=320x240:rate=25 -frames:v 50 -c:v libopenh264 -b 400k -g 25 -bf 0 -pix_fmt yuv420p";

    @TempDir
    Path folder;

    private final List<Long> times = new ArrayList<>();

    private RecordedFragments transcode(Path clip, FrameEditor editor) {
        RecordedFragments fragments = new RecordedFragments();
        FfmpegFrameSource source = FfmpegFrameSource.create(StreamConfig.of("clip", clip.toString()));
        try (Mp4Remuxer remuxer = new Mp4Remuxer(fragments);
                VideoTranscoder transcoder = new VideoTranscoder(editor, 25, remuxer::add)) {
            source.packets().subscribe(transcoder);
            source.run(new FrameReceiver() {
                @Override
                public void onFrame(FrameLease frame) {}

                @Override
                public void onDropped(DropCause cause) {}

                @Override
                public void onStatus(StreamStatus status) {}
            });
            transcoder.finish();
        }
        for (String account : List.of("ffmpeg.packets", "ffmpeg.muxers", "ffmpeg.encoders", "ffmpeg.decoders")) {
            assertThat(NativeMemory.account(account).bytes()).as(account).isZero();
        }
        return fragments;
    }

    private boolean black(long mediaTimeNanos, ImageSize source, ImagePlanes image) {
        assertThat(source).isEqualTo(image.size());
        for (int y = 0; y < image.size().height(); y++) {
            for (int x = 0; x < image.size().width() / 2; x++) {
                image.luma().put(y * image.lumaStride() + x, (byte) 16);
            }
        }
        times.add(mediaTimeNanos);
        return true;
    }

    @Test
    void shouldEncodeEveryFrameWithItsTimeAsItWasChanged() throws IOException {
        RecordedFragments fragments = transcode(TestClips.make("clip.mp4", H264), this::black);

        assertThat(fragments.timelines()).hasSize(1);
        ReadFile read = RecordedFragments.read(fragments.timelines().get(0), folder);
        assertThat(read.codec()).isEqualTo("h264");
        assertThat(List.of(read.width(), read.height())).containsExactly(320, 240);
        assertThat(read.decoded()).hasSize(50);
        assertThat(read.decoded().get(49) - read.decoded().get(0)).isCloseTo(49 * 0.04, within(1e-6));
        assertThat(times).hasSize(50).isSorted();
        assertThat(fragments.timelines().get(0).start().seconds(1, times.get(49)))
                .isCloseTo(read.decoded().get(49), within(1e-6));
    }

    @Test
    void shouldLeaveOutFramesThatAreDropped() throws IOException {
        int[] count = new int[1];
        RecordedFragments fragments =
                transcode(TestClips.make("clip.mp4", H264), (time, size, image) -> count[0]++ % 5 == 0);

        ReadFile read = RecordedFragments.read(fragments.timelines().get(0), folder);
        assertThat(read.decoded()).hasSize(10);
        assertThat(read.decoded().get(9) - read.decoded().get(0)).isCloseTo(9 * 0.2, within(1e-6));
    }

    @Test
    void shouldScaleFramesOfAnotherSizeToThatOfTheFirst() throws IOException {
        Path small = TestClips.make("small.ts", H264);
        Path large = TestClips.make("large.ts", H264.replace("320x240", "640x360") + " -output_ts_offset 2");
        Path both = folder.resolve("both.ts");
        try (OutputStream out = Files.newOutputStream(both)) {
            Files.copy(small, out);
            Files.copy(large, out);
        }
        List<ImageSize> sources = new ArrayList<>();

        RecordedFragments fragments = transcode(both, (time, size, image) -> {
            assertThat(image.size()).isEqualTo(new ImageSize(320, 240));
            sources.add(size);
            return true;
        });

        assertThat(sources).contains(new ImageSize(320, 240), new ImageSize(640, 360));
        assertThat(fragments.timelines()).hasSize(1);
        ReadFile read = RecordedFragments.read(fragments.timelines().get(0), folder);
        assertThat(List.of(read.width(), read.height())).containsExactly(320, 240);
        assertThat(read.decoded()).hasSizeGreaterThanOrEqualTo(98);
    }
}
