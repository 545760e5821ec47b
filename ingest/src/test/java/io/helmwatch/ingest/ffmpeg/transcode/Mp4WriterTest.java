package io.helmwatch.ingest.ffmpeg.transcode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.resource.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Mp4WriterTest {
    @TempDir
    Path folder;

    @Test
    void shouldWriteEveryImageAtItsTime() throws Exception {
        Path file = folder.resolve("a: clip with % and ü.mp4");
        try (Mp4Writer writer = new Mp4Writer(file)) {
            for (long millis : new long[] {7_000, 7_040, 7_400, 9_000}) {
                write(writer, 64, 48, millis * 1_000_000);
            }
            assertThat(file).doesNotExist();
            assertThat(writer.finish()).isTrue();
        }

        assertThat(folder).isDirectoryNotContaining("glob:**.partial");
        assertThat(read(file)).isEqualTo(new Clip(avcodec.AV_CODEC_ID_H264, 64, 48, List.of(0L, 40L, 400L, 2_000L)));
        assertThat(NativeMemory.account("ffmpeg.encoders").bytes()).isZero();
    }

    @ParameterizedTest(name = "{0}x{1} is written as {2}x{3}")
    @CsvSource({"65,49, 64,48", "5,9, 16,16", "5000,2500, 3840,1920", "2000,4000, 1920,3840"})
    void shouldWriteAnySizeAsOneThatTheEncoderTakes(int width, int height, int writtenWidth, int writtenHeight)
            throws Exception {
        Path file = folder.resolve("clip.mp4");
        try (Mp4Writer writer = new Mp4Writer(file)) {
            write(writer, width, height, 0);
            writer.finish();
        }

        assertThat(read(file)).isEqualTo(new Clip(avcodec.AV_CODEC_ID_H264, writtenWidth, writtenHeight, List.of(0L)));
    }

    @Test
    void shouldScaleImagesOfAnotherSizeAndKeepTimesRising() throws Exception {
        Path file = folder.resolve("clip.mp4");
        try (Mp4Writer writer = new Mp4Writer(file)) {
            write(writer, 64, 48, 1_000_000_000);
            write(writer, 128, 96, 900_000_000);
            write(writer, 64, 48, 1_100_000_000);
            writer.finish();
        }

        assertThat(read(file)).isEqualTo(new Clip(avcodec.AV_CODEC_ID_H264, 64, 48, List.of(0L, 0L, 100L)));
    }

    @Test
    void shouldKeepAnExistingFileUntilTheNewOneIsComplete() throws Exception {
        Path file = Files.writeString(folder.resolve("clip.mp4"), "earlier");
        try (Mp4Writer writer = new Mp4Writer(file)) {
            write(writer, 64, 48, 0);
        }

        assertThat(file).hasContent("earlier");
        assertThat(folder).isDirectoryNotContaining("glob:**.partial");
    }

    @Test
    void shouldWriteNoFileWithoutImages() throws Exception {
        Path file = folder.resolve("clip.mp4");
        try (Mp4Writer writer = new Mp4Writer(file)) {
            assertThat(writer.finish()).isFalse();
        }

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void shouldNameTheFileThatCannotBeWritten() {
        Path file = folder.resolve("missing/clip.mp4");
        try (Mp4Writer writer = new Mp4Writer(file)) {
            assertThatThrownBy(() -> write(writer, 64, 48, 0))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(file + " cannot be written")
                    .hasMessageContaining("No such file");
        }
        assertThat(NativeMemory.account("ffmpeg.encoders").bytes()).isZero();
    }

    private static void write(Mp4Writer writer, int width, int height, long ptsNanos) throws IOException {
        try (BytePointer bgr = new BytePointer(3L * width * height)) {
            bgr.fill(90);
            writer.write(bgr, width, height, ptsNanos);
        }
    }

    /** Codec, size and presentation times in milliseconds. */
    private record Clip(int codec, int width, int height, List<Long> millis) {}

    private static Clip read(Path file) {
        AVFormatContext input = new AVFormatContext(null);
        assertThat(avformat.avformat_open_input(input, "file:" + file, null, null))
                .isZero();
        try (AVPacket packet = avcodec.av_packet_alloc()) {
            assertThat(avformat.avformat_find_stream_info(input, (PointerPointer<?>) null))
                    .isNotNegative();
            AVStream stream = input.streams(0);
            List<Long> millis = new ArrayList<>();
            while (avformat.av_read_frame(input, packet) >= 0) {
                millis.add(
                        Math.floorDiv(packet.pts() * 1_000 * stream.time_base().num(), (long)
                                stream.time_base().den()));
                avcodec.av_packet_unref(packet);
            }
            return new Clip(
                    stream.codecpar().codec_id(),
                    stream.codecpar().width(),
                    stream.codecpar().height(),
                    millis);
        } finally {
            avformat.avformat_close_input(input);
        }
    }
}
