package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus.State;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An image is analysed whole or not at all, and one that is not is counted. */
class TruncatedImagesTest {

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}, {2} % of it")
    @CsvSource({
        "a.jpg, mjpeg, 50",
        "a.jpg, mjpeg, 95",
        "a.jpg, mjpeg, 99",
        "a.png, png, 50",
        "a.png, png, 99",
        "a.webp, libwebp, 50",
        "a.webp, libwebp, 99",
        "a.bmp, bmp, 50",
    })
    void shouldRefuseAnImageThatIsCutOff(String name, String encoder, int percent) throws IOException {
        byte[] whole = image(name, encoder);
        Path cut = Files.write(folder.resolve(name), Arrays.copyOf(whole, whole.length * percent / 100));

        RecordingReceiver receiver = play(cut);

        assertThat(receiver.frames()).isEmpty();
        assertThat(receiver.dropped(DropCause.CORRUPT)).isEqualTo(1);
        assertThat(receiver.lastStatus().state()).isEqualTo(State.FAILED);
    }

    @ParameterizedTest
    @CsvSource({"50, 0", "90, 0", "99, 0", "100, 1"})
    void shouldRefuseAGifThatIsCutOff(int percent, int frames) throws IOException {
        byte[] whole = image("a.gif", "gif");
        Path cut = Files.write(folder.resolve("a.gif"), Arrays.copyOf(whole, whole.length * percent / 100));

        RecordingReceiver receiver = play(cut);

        assertThat(receiver.frames()).hasSize(frames);
        assertThat(receiver.dropped(DropCause.CORRUPT)).isEqualTo(1 - frames);
    }

    @Test
    void shouldTakeTheWholeImagesOfAnAnimationWhoseLastIsCutOff() throws IOException {
        byte[] whole =
                Files.readAllBytes(TestClips.make("moving.gif", "-i testsrc=size=128x96:rate=5 -frames:v 4 -c:v gif"));

        assertThat(play(Files.write(folder.resolve("whole.gif"), whole)).frames())
                .hasSize(4);
        RecordingReceiver receiver =
                play(Files.write(folder.resolve("cut.gif"), Arrays.copyOf(whole, whole.length - 9)));
        assertThat(receiver.frames()).hasSize(3);
        assertThat(receiver.dropped(DropCause.CORRUPT)).isEqualTo(1);
    }

    @Test
    void shouldSayThatAnAnimatedWebpIsNotSupportedAndTakeTheOthersOfItsFolder() throws IOException {
        byte[] animation = Files.readAllBytes(
                TestClips.make("moving.webp", "-i testsrc=size=128x96:rate=5 -frames:v 4 -c:v libwebp_anim"));
        Path moving = Files.write(folder.resolve("a.webp"), animation);
        Files.write(folder.resolve("b.webp"), image("still.webp", "libwebp"));

        assertThat(play(moving).lastStatus().reason())
                .isEqualTo(moving + " is an animated WebP image, which is not supported: expected a still image;"
                        + " convert it to a GIF or a video.");
        RecordingReceiver all = play(folder);
        assertThat(all.frames()).hasSize(1);
        assertThat(all.dropped(DropCause.CORRUPT)).isEqualTo(1);
        assertThat(all.lastStatus().reason())
                .isEqualTo("1 of 2 images could not be decoded; the first: " + moving
                        + " is an animated WebP image, which is not supported: expected a still image;"
                        + " convert it to a GIF or a video.");
    }

    @Test
    void shouldSayThatAnImageIsTooLarge() throws IOException {
        Path bomb = Files.write(folder.resolve("bomb.png"), png(12_000, 10_000));

        assertThat(play(bomb).lastStatus().reason()).contains("bomb.png is too large", "288 MiB");
    }

    /** With the samples of its first row only. */
    private static byte[] png(int width, int height) throws IOException {
        ByteArrayOutputStream samples = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflated = new DeflaterOutputStream(samples)) {
            deflated.write(new byte[3 * width + 1]);
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        ByteBuffer header = ByteBuffer.allocate(13)
                .putInt(width)
                .putInt(height)
                .put((byte) 8)
                .put((byte) 2);
        chunk(png, "IHDR", header.array());
        chunk(png, "IDAT", samples.toByteArray());
        chunk(png, "IEND", new byte[0]);
        return png.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream png, String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 sum = new CRC32();
        sum.update(name);
        sum.update(data);
        png.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        png.writeBytes(name);
        png.writeBytes(data);
        png.writeBytes(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
    }

    @Test
    void shouldSayThatTheEndIsMissing() throws IOException {
        byte[] whole = image("a.jpg", "mjpeg");
        Path cut = Files.write(folder.resolve("half.jpg"), Arrays.copyOf(whole, whole.length / 2));

        assertThat(play(cut).lastStatus().reason()).startsWith(cut + " is cut off");
    }

    @Test
    void shouldNotTakeTheEndOfAnEmbeddedPreviewForThatOfTheImage() throws IOException {
        byte[] whole = image("a.jpg", "mjpeg");
        byte[] withPreview = withApplicationData(whole, whole);
        Path complete = Files.write(folder.resolve("complete.jpg"), withPreview);
        Path cut = Files.write(folder.resolve("cut.jpg"), Arrays.copyOf(withPreview, withPreview.length - 20));

        assertThat(play(complete).frames()).hasSize(1);
        assertThat(play(cut).frames()).isEmpty();
    }

    @Test
    void shouldTakeAnImageWithDataBehindItsEnd() throws IOException {
        byte[] whole = image("a.jpg", "mjpeg");
        byte[] longer = Arrays.copyOf(whole, whole.length + 1000);
        Arrays.fill(longer, whole.length + 500, longer.length, (byte) 'x');

        assertThat(play(Files.write(folder.resolve("longer.jpg"), longer)).frames())
                .hasSize(1);
    }

    @Test
    void shouldCountTheImagesOfAMotionJpegStreamThatAreCutOff() throws IOException {
        byte[] whole = image("a.jpg", "mjpeg");
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int i = 0; i < 9; i++) {
            stream.write(whole, 0, i % 3 == 2 ? whole.length / 2 : whole.length);
        }

        RecordingReceiver receiver = play(Files.write(folder.resolve("stream.mjpeg"), stream.toByteArray()));

        assertThat(receiver.frames()).hasSize(6);
        assertThat(receiver.dropped(DropCause.CORRUPT)).isEqualTo(3);
    }

    @Test
    void shouldAssembleAnImageOfSeveralTilesAsPhonesStoreThem() throws IOException {
        RecordingReceiver receiver = play(Files.write(folder.resolve("phone.heic"), grid()));

        assertThat(receiver.dropped(DropCause.CORRUPT)).isZero();
        assertThat(receiver.frames()).singleElement().satisfies(frame -> {
            assertThat(frame.width()).isEqualTo(128);
            assertThat(frame.height()).isEqualTo(128);
            assertThat(frame.quadrants().stream().map(TruncatedImagesTest::name))
                    .containsExactly("red", "green", "blue", "white");
        });
    }

    @Test
    void shouldRefuseAnImageThatLacksItsLastTile() throws IOException {
        byte[] grid = grid();

        RecordingReceiver receiver = play(
                Files.write(folder.resolve("phone.heic"), Arrays.copyOf(grid, grid.length - tile("white").length)));

        assertThat(receiver.frames()).isEmpty();
        assertThat(receiver.dropped(DropCause.CORRUPT)).isEqualTo(1);
    }

    private static String name(int rgb) {
        boolean red = (rgb >> 16 & 0xff) > 80;
        boolean green = (rgb >> 8 & 0xff) > 80;
        boolean blue = (rgb & 0xff) > 80;
        if (red && green && blue) {
            return "white";
        }
        return (red ? "red" : "") + (green ? "green" : "") + (blue ? "blue" : "");
    }

    private static byte[] clip(String color) throws IOException {
        return Files.readAllBytes(TestClips.make(
                color + ".mp4", "-i color=c=" + color + ":size=64x64 -frames:v 1 -c:v libsvtav1 -preset 12"));
    }

    private static byte[] tile(String color) throws IOException {
        byte[] samples = HeifGrid.find(clip(color), "mdat");
        return Arrays.copyOfRange(samples, 8, samples.length);
    }

    private static byte[] grid() throws IOException {
        return HeifGrid.write(
                HeifGrid.find(clip("red"), "av1C"),
                List.of(tile("red"), tile("green"), tile("blue"), tile("white")),
                2,
                64,
                64);
    }

    private static byte[] image(String name, String encoder) throws IOException {
        return Files.readAllBytes(TestClips.make(name, "-i testsrc2=size=320x240 -frames:v 1 -c:v " + encoder));
    }

    /** The image with an APP15 segment behind its start. */
    private static byte[] withApplicationData(byte[] jpeg, byte[] data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        out.write(0xff);
        out.write(0xef);
        out.write((data.length + 2) >> 8);
        out.write((data.length + 2) & 0xff);
        out.writeBytes(data);
        out.write(jpeg, 2, jpeg.length - 2);
        return out.toByteArray();
    }

    private static RecordingReceiver play(Path file) {
        RecordingReceiver receiver = new RecordingReceiver();
        FfmpegFrameSource.create(StreamConfig.of("image", file.toString())).run(receiver);
        return receiver;
    }
}
