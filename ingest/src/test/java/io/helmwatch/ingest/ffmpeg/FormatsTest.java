package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver.Seen;
import io.helmwatch.vision.ColorEncoding.Matrix;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamStatus.State;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every container, codec, pixel format, colour coding and orientation shows the same four coloured quadrants. */
@Timeout(60)
class FormatsTest {
    private static final int RED = 0xC82828;
    private static final int GREEN = 0x28C828;
    private static final int BLUE = 0x2828C8;
    private static final int GREY = 0x808080;

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // file, encoder, pixel format in FFmpeg's words, what is offered
        "h264.mp4, libopenh264 -b 1M, yuv420p, I420",
        "h264.mkv, libopenh264 -b 1M, yuv420p, I420",
        "h264.mov, libopenh264 -b 1M, yuv420p, I420",
        "h264.avi, libopenh264 -b 1M, yuv420p, I420",
        "h264.ts, libopenh264 -b 1M, yuv420p, I420",
        "h264.flv, libopenh264 -b 1M, yuv420p, I420",
        "raw.h264, libopenh264 -b 1M, yuv420p, I420",
        "mpeg4.avi, mpeg4 -q:v 2, yuv420p, I420",
        "mpeg4.mp4, mpeg4 -q:v 2, yuv420p, I420",
        "mjpeg.avi, mjpeg -q:v 2, yuvj420p, I420",
        "mjpeg422.mov, mjpeg -q:v 2, yuvj422p, I422",
        "mjpeg444.mkv, mjpeg -q:v 2, yuvj444p, I444",
        "raw.mjpeg, mjpeg -q:v 2, yuvj420p, I420",
        "vp8.webm, libvpx -deadline realtime -cpu-used 8 -b 1M, yuv420p, I420",
        "vp9.webm, libvpx-vp9 -deadline realtime -cpu-used 8 -b 1M, yuv420p, I420",
        "vp9_444.webm, libvpx-vp9 -deadline realtime -cpu-used 8 -b 1M, yuv444p, I444",
        "av1.mkv, libsvtav1 -preset 12, yuv420p, I420",
        "av1.mp4, libsvtav1 -preset 12, yuv420p, I420",
        "av1_10.mkv, libsvtav1 -preset 12, yuv420p10le, I420_10",
        "422.mkv, ffv1, yuv422p, I422",
        "422_10.mkv, ffv1, yuv422p10le, I422_10",
        "444_10.mkv, ffv1, yuv444p10le, I444_10",
        "420_12.mkv, ffv1, yuv420p12le, I420_10",
        "444_16.mkv, ffv1, yuv444p16le, I444_10",
        "411.mkv, ffv1, yuv411p, I422",
        "410.mkv, ffv1, yuv410p, I420",
        "440.mkv, ffv1, yuv440p, I444",
        "420_alpha.mkv, ffv1, yuva420p, I420",
        "nv12.avi, rawvideo, nv12, NV12",
        "bgr24.avi, rawvideo, bgr24, BGR24",
        "rgb24.mov, png, rgb24, RGB24",
        "rgba.mov, png, rgba, RGB24",
        "pal8.mov, png, pal8, RGB24",
        "bgr0.mkv, ffv1, bgr0, RGB24",
        "gbrp10.mkv, ffv1, gbrp10le, RGB24",
    })
    void shouldDecode(String file, String encoder, String pixelFormat, PixelFormat offered) {
        Path clip = TestClips.make(file, quadrants(160, 120, "smpte170m", "tv", pixelFormat) + " -c:v " + encoder);

        List<Seen> frames = play(clip);

        assertThat(frames).hasSize(10);
        for (Seen frame : frames) {
            assertThat(frame.format()).isEqualTo(offered);
            assertThat(frame).extracting(Seen::width, Seen::height).containsExactly(160, 120);
            // FFmpeg's fixed palette has four to eight steps of a colour.
            assertColours(frame, pixelFormat.equals("pal8") ? 60 : 14, RED, GREEN, BLUE, GREY);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"gray, GRAY8", "gray10le, GRAY8", "ya8, GRAY8"})
    void shouldDecodeGrey(String pixelFormat, PixelFormat offered) {
        String encoder = pixelFormat.equals("ya8") ? "png" : "ffv1";
        Path clip = TestClips.make(
                "grey.mkv",
                "-i color=0x909090:size=64x48:rate=25,format=" + pixelFormat + " -frames:v 3 -c:v " + encoder);

        List<Seen> frames = play(clip);

        assertThat(frames).hasSize(3).extracting(Seen::format).containsOnly(offered);
        assertColours(frames.get(0), 14, 0x909090, 0x909090, 0x909090, 0x909090);
    }

    @ParameterizedTest
    @CsvSource({
        // matrix and range of the stream in FFmpeg's words, height, matrix and full range that are offered
        "bt709, tv, 120, BT709, false",
        "bt709, pc, 120, BT709, true",
        "smpte170m, tv, 120, BT601, false",
        "bt470bg, pc, 120, BT601, true",
        "bt2020nc, tv, 120, BT2020, false",
        "unknown, tv, 120, BT601, false",
        "unknown, tv, 720, BT709, false",
    })
    void shouldReportHowColoursAreCoded(String matrix, String range, int height, Matrix offered, boolean full) {
        Path clip = TestClips.make("colour.mkv", quadrants(160, height, matrix, range, "yuv420p") + " -c:v ffv1");

        Seen frame = play(clip).get(0);

        assertThat(frame.color().matrix()).isEqualTo(offered);
        assertThat(frame.color().fullRange()).isEqualTo(full);
        if (!matrix.equals("unknown")) {
            assertColours(frame, 14, RED, GREEN, BLUE, GREY);
        }
    }

    @ParameterizedTest
    @CsvSource({"161, 121", "162, 123", "17, 33", "2, 2", "1919, 19"})
    void shouldKeepOddSizes(int width, int height) {
        Path clip = TestClips.make(
                "odd.mkv",
                "-i color=0x28C828:size=" + width + "x" + height
                        + ":rate=25,format=gbrp,scale=out_color_matrix=bt709,format=yuv420p -frames:v 3 -colorspace bt709 -c:v ffv1");

        List<Seen> frames = play(clip);

        assertThat(frames).hasSize(3);
        assertThat(frames.get(2)).extracting(Seen::width, Seen::height).containsExactly(width, height);
        assertColours(frames.get(2), 14, GREEN, GREEN, GREEN, GREEN);
    }

    @ParameterizedTest
    @CsvSource({
        // FFmpeg turns counter-clockwise; quadrants as displayed
        "-display_rotation 0, 160, 120, R G B Y",
        "-display_rotation 90, 120, 160, G Y R B",
        "-display_rotation 180, 160, 120, Y B G R",
        "-display_rotation 270, 120, 160, B R Y G",
        "-display_hflip, 160, 120, G R Y B",
        "-display_vflip, 160, 120, B Y R G",
    })
    void shouldTurnFramesUpright(String options, int width, int height, String quadrants) {
        Path plain =
                TestClips.make("plain.mp4", quadrants(160, 120, "smpte170m", "tv", "yuv420p") + " -c:v mpeg4 -q:v 2");
        Path clip = TestClips.make("turned.mp4", options + " -i " + plain + " -c copy");

        List<Seen> frames = play(clip);

        assertThat(frames).hasSize(10);
        for (Seen frame : frames) {
            assertThat(frame).extracting(Seen::width, Seen::height).containsExactly(width, height);
            assertColours(frame, colours(quadrants));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Exif orientation (JEITA CP-3451, tag 274) of a stored image R G / B Y, quadrants as displayed
        "1, R G B Y",
        "2, G R Y B",
        "3, Y B G R",
        "4, B Y R G",
        "5, R B G Y",
        "6, B R Y G",
        "7, Y G B R",
        "8, G Y R B",
    })
    void shouldTurnPhotographsUpright(int orientation, String quadrants) throws IOException {
        Path plain = TestClips.make(
                "plain.jpg",
                quadrants(160, 120, "bt470bg", "pc", "yuvj444p").replace("-frames:v 10", "-frames:v 1")
                        + " -c:v mjpeg -q:v 2");
        Path photograph = folder.resolve("photograph.jpg");
        Files.write(photograph, withExif(Files.readAllBytes(plain), orientation));

        List<Seen> frames = play(photograph);

        assertThat(frames).hasSize(1);
        assertColours(frames.get(0), colours(quadrants));
    }

    @ParameterizedTest
    @CsvSource({"a.jpg, mjpeg", "b.jpeg, mjpeg", "c.png, png", "d.bmp, bmp", "e.webp, libwebp -lossless 1"})
    void shouldDecodeImages(String name, String encoder) {
        Path picture = TestClips.make(name, "-i color=0x28C828:size=64x48,format=rgb24 -frames:v 1 -c:v " + encoder);

        List<Seen> frames = play(picture);

        assertThat(frames).hasSize(1);
        assertThat(frames.get(0)).extracting(Seen::width, Seen::height).containsExactly(64, 48);
        assertColours(frames.get(0), 14, GREEN, GREEN, GREEN, GREEN);
    }

    private static List<Seen> play(Path clip) {
        RecordingReceiver receiver = new RecordingReceiver();
        FfmpegFrameSource.create(StreamConfig.of("clip", clip.toString())).run(receiver);
        assertThat(receiver.lastStatus().state()).as("%s", receiver.statuses()).isEqualTo(State.ENDED);
        assertThat(receiver.dropped(DropCause.CORRUPT)).isZero();
        return receiver.frames();
    }

    private static String quadrants(int width, int height, String matrix, String range, String pixelFormat) {
        String size = ":size=" + width / 2 + "x" + height / 2 + ":rate=25,format=gbrp";
        String scale = switch (matrix) {
            case "unknown" -> "";
            case "bt470bg" -> "out_color_matrix=bt470:";
            case "bt2020nc" -> "out_color_matrix=bt2020:";
            default -> "out_color_matrix=" + matrix + ":";
        };
        return "-i color=0xC82828" + size + "[a];color=0x28C828" + size + "[b];color=0x2828C8" + size
                + "[c];color=0x808080" + size + "[d];[a][b]hstack[t];[c][d]hstack[u];[t][u]vstack,scale=" + scale
                + "out_range=" + range + ",format=" + pixelFormat + " -frames:v 10"
                + (matrix.equals("unknown") ? "" : " -colorspace " + matrix) + " -color_range " + range;
    }

    private static void assertColours(Seen frame, int[] expected) {
        assertColours(frame, 14, expected);
    }

    private static void assertColours(Seen frame, int tolerance, int... expected) {
        for (int i = 0; i < 4; i++) {
            assertThat(FramePixels.difference(frame.quadrants().get(i), expected[i]))
                    .as(
                            "quadrant %d is %06x, expected %06x in %s",
                            i, frame.quadrants().get(i), expected[i], frame)
                    .isLessThanOrEqualTo(tolerance);
        }
    }

    private static int[] colours(String letters) {
        List<Integer> colours = new ArrayList<>();
        for (String letter : letters.split(" ")) {
            colours.add(
                    switch (letter) {
                        case "R" -> RED;
                        case "G" -> GREEN;
                        case "B" -> BLUE;
                        default -> GREY;
                    });
        }
        return colours.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Puts an APP1 segment with nothing but an orientation behind the start of a JPEG. */
    private static byte[] withExif(byte[] jpeg, int orientation) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        byte[] segment = {
            (byte) 0xff,
            (byte) 0xe1,
            0,
            34,
            'E',
            'x',
            'i',
            'f',
            0,
            0, // APP1
            'M',
            'M',
            0,
            42,
            0,
            0,
            0,
            8,
            0,
            1, // TIFF header, one entry
            0x01,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            (byte) orientation,
            0,
            0, // tag 274, one SHORT
            0,
            0,
            0,
            0
        };
        out.writeBytes(segment);
        out.write(jpeg, 2, jpeg.length - 2);
        return out.toByteArray();
    }
}
