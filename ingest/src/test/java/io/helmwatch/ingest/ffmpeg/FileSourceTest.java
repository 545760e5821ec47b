package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver.Seen;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class FileSourceTest {
    @TempDir
    Path folder;

    @AfterEach
    void shouldLeaveNothingBehind() {
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    @Test
    void shouldAnalyzeTheFramesThatWereAskedForAndDecodeTheRest() {
        RecordingReceiver receiver = run(stream(TestClips.cameraH264().toString(), 5, false, false));

        assertThat(receiver.frames()).hasSize(10);
        assertThat(receiver.frames())
                .extracting(Seen::sequence)
                .containsExactly(0L, 5L, 10L, 15L, 20L, 25L, 30L, 35L, 40L, 45L);
        assertThat(receiver.dropped(DropCause.SAMPLED)).isEqualTo(40);
        assertThat(receiver.states()).containsExactly(State.STARTING, State.ONLINE, State.ENDED);
    }

    @Test
    void shouldPlayAFileAtItsOwnPaceWhenAsked() {
        Path clip = TestClips.make("paced.mp4", "-i testsrc2=size=64x48:rate=25 -frames:v 25 -c:v mpeg4");
        StreamConfig config = stream(clip.toString(), 0, true, false);
        assertThat(FfmpegFrameSource.create(config).isLive()).isTrue();
        long begun = System.nanoTime();

        RecordingReceiver receiver = run(config);

        assertThat(receiver.frames()).hasSize(25);
        assertThat((System.nanoTime() - begun) / 1e9).isBetween(0.9, 3.0);
        List<Seen> frames = receiver.frames();
        double span = (frames.get(24).atNanos() - frames.get(0).atNanos()) / 1e9;
        assertThat(span).isBetween(0.9, 1.3);
    }

    @Test
    void shouldStartAgainAtTheEndWithTimeGoingOn() {
        RecordingReceiver receiver = runUntil(130, stream(TestClips.cameraH264().toString(), 0, false, true));

        List<Seen> frames = receiver.frames();
        for (int i = 0; i < frames.size(); i++) {
            assertThat(frames.get(i).sequence()).isEqualTo(i);
            assertThat(frames.get(i).ptsNanos()).isEqualTo(i * 40_000_000L);
        }
        assertThat(receiver.states()).containsExactly(State.STARTING, State.ONLINE, State.ENDED);
    }

    @ParameterizedTest
    @CsvSource({
        "loop.mp4, -c:v mpeg4 -bf 2 -g 10",
        "loop.mkv, -c:v mpeg4 -bf 2 -g 10",
        "loop.mp4, -c:v libopenh264 -g 10 -pix_fmt yuv420p",
        "loop.ts, -c:v mpeg2video -bf 2 -g 10"
    })
    void shouldDeliverTheSameFramesInEveryRound(String name, String codec) {
        Path clip = TestClips.make(name, "-i testsrc2=size=64x48:rate=25 -frames:v 25 " + codec);
        assertRoundsAreAlike(clip, 25);
    }

    @Test
    void shouldDeliverTheSameFramesInEveryRoundOfAClipWithReorderedFrames() {
        assertRoundsAreAlike(Path.of("../models/demo-clip/yard.mp4"), 625);
    }

    /** Plays a clip again and again until so many frames were seen; it is stopped in any case, since what it holds would fail the other tests. */
    private static RecordingReceiver runUntil(int frames, StreamConfig config) {
        try (RunningSource source = new RunningSource(config)) {
            source.seen()
                    .await(
                            frames + " frames",
                            Duration.ofSeconds(50),
                            seen -> seen.frames().size() >= frames);
            return source.seen();
        }
    }

    private static void assertRoundsAreAlike(Path clip, int frames) {
        List<Seen> seen =
                runUntil(3 * frames, stream(clip.toString(), 0, false, true)).frames();
        assertThat(run(stream(clip.toString(), 0, false, false)).frames()).hasSize(frames);
        for (int i = frames; i < 3 * frames; i++) {
            assertThat(seen.get(i).quadrants())
                    .as("frame %d", i)
                    .isEqualTo(seen.get(i - frames).quadrants());
            assertThat(seen.get(i).ptsNanos() - seen.get(i - 1).ptsNanos())
                    .as("time of frame %d", i)
                    .isEqualTo(40_000_000L);
        }
    }

    @Test
    void shouldPlayAFolderOfImagesInOrder() throws IOException {
        for (int i = 1; i <= 11; i++) {
            Path picture = TestClips.make("p.png", "-i color=gray:size=" + (16 + i) + "x16 -frames:v 1 -c:v png");
            Files.copy(picture, folder.resolve("p" + i + ".png"));
        }
        Files.writeString(folder.resolve("p3b.jpg"), "no picture");
        Files.writeString(folder.resolve("notes.txt"), "no picture either");

        RecordingReceiver receiver = run(stream(folder.toString(), 0, false, false));

        assertThat(receiver.frames())
                .extracting(Seen::width)
                .containsExactly(17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
        assertThat(receiver.dropped(DropCause.CORRUPT)).isEqualTo(1);
        assertThat(receiver.lastStatus().state()).isEqualTo(State.ENDED);
        assertThat(receiver.lastStatus().reason())
                .isEqualTo("1 of 12 images could not be decoded; the first: " + folder
                        + "/p3b.jpg does not begin like a JPEG, PNG, BMP, WebP or HEIC image.");
    }

    @Test
    void shouldCarryOnThroughChangesOfSizeAndFormat() throws IOException {
        Path small = TestClips.make("small.ts", "-i testsrc2=size=64x48:rate=25 -frames:v 10 -c:v libopenh264");
        Path large = TestClips.make("large.ts", "-i testsrc2=size=162x100:rate=25 -frames:v 10 -c:v libopenh264");
        Path joined = folder.resolve("joined.ts");
        Files.write(joined, concatenate(small, large, small));

        RecordingReceiver receiver = run(stream(joined.toString(), 0, false, false));

        assertThat(receiver.frames()).hasSize(30);
        assertThat(receiver.frames().subList(0, 10)).extracting(Seen::width).containsOnly(64);
        assertThat(receiver.frames().subList(10, 20)).extracting(Seen::width).containsOnly(162);
        assertThat(receiver.frames().subList(20, 30)).extracting(Seen::height).containsOnly(48);
        assertThat(receiver.frames()).extracting(Seen::ptsNanos).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void shouldCarryOnThroughChangesOfPixelFormat() throws IOException {
        Path half = TestClips.make("half.mjpeg", "-i testsrc2=size=64x48 -frames:v 5 -pix_fmt yuvj420p -c:v mjpeg");
        Path full = TestClips.make("full.mjpeg", "-i testsrc2=size=64x48 -frames:v 5 -pix_fmt yuvj444p -c:v mjpeg");
        Path joined = folder.resolve("joined.mjpeg");
        Files.write(joined, concatenate(half, full, half));

        RecordingReceiver receiver = run(stream(joined.toString(), 0, false, false));

        assertThat(receiver.frames()).hasSize(15);
        assertThat(receiver.frames().subList(0, 5)).extracting(Seen::format).containsOnly(PixelFormat.I420);
        assertThat(receiver.frames().subList(5, 10)).extracting(Seen::format).containsOnly(PixelFormat.I444);
        assertThat(receiver.frames().subList(10, 15)).extracting(Seen::format).containsOnly(PixelFormat.I420);
    }

    @Test
    void shouldNotOfferWhatComesBeforeTheFirstKeyFrame() throws IOException {
        byte[] stream = Files.readAllBytes(TestClips.cameraH264());
        // The second half of the first group of pictures, parameter sets first.
        H264Stream whole = new H264Stream(stream);
        Path headless = folder.resolve("headless.h264");
        Files.write(headless, whole.withoutPictures(0, 10));

        RecordingReceiver receiver = run(stream(headless.toString(), 0, false, false));

        assertThat(receiver.frames()).hasSize(25);
        assertThat(receiver.dropped(DropCause.CORRUPT)).isEqualTo(15);
        assertThat(receiver.lastStatus().reason()).contains("15 of 40 frames").contains("were damaged");
    }

    @Test
    void shouldNotOfferWhatComesBeforeTheFirstKeyFrameOfACodecThatDoesNotSaySo() throws IOException {
        Path clip = TestClips.make(
                "keys.avi",
                "-i testsrc2=size=64x48:rate=25 -frames:v 50 -g 25 -bf 0 -sc_threshold 1000000000 -c:v mpeg4");
        byte[] bytes = Files.readAllBytes(clip);
        rename(bytes, "00dc", "JUNK");
        rename(bytes, "idx1", "JUNK");
        Path headless = Files.write(folder.resolve("headless.avi"), bytes);

        RecordingReceiver receiver = run(stream(headless.toString(), 0, false, false));

        assertThat(receiver.frames()).hasSize(25);
        assertThat(receiver.dropped(DropCause.CORRUPT)).isEqualTo(24);
    }

    @Test
    void shouldEndATruncatedClipWhereItBreaks() throws IOException {
        Path clip = TestClips.make("whole.mkv", "-i testsrc2=size=320x240:rate=25 -frames:v 50 -c:v libopenh264");
        byte[] bytes = Files.readAllBytes(clip);
        Path truncated = folder.resolve("truncated.mkv");
        Files.write(truncated, Arrays.copyOf(bytes, bytes.length / 2));

        RecordingReceiver receiver = run(stream(truncated.toString(), 0, false, false));

        assertThat(receiver.frames()).hasSizeBetween(10, 40);
        assertThat(receiver.lastStatus().state()).isEqualTo(State.ENDED);
    }

    @Test
    void shouldSayInOneSentenceWhyAFileIsOfNoUse() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.mp4"));
        Path text = Files.writeString(folder.resolve("text.mp4"), "This is not a video. ".repeat(200));
        Path clip = TestClips.make("short.mp4", "-i testsrc2=size=64x48 -frames:v 5 -c:v mpeg4");
        Path headOnly = folder.resolve("head.mp4");
        Files.write(headOnly, Arrays.copyOf(Files.readAllBytes(clip), 600));
        Path sound = TestClips.make("sound.mp4", "-i sine=duration=0.2 -c:a aac");
        Path pictureless = Files.createDirectory(folder.resolve("pictureless"));
        Path unknown = folder.resolve("unknown.avi");
        Files.write(unknown, withUnknownCodec());
        Path torn =
                Files.write(folder.resolve("torn.jpg"), new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, 0, 1, 2, 3});

        assertFails(
                folder.resolve("absent.mp4"),
                " does not exist: give the path of a video, an image or a folder of images.");
        assertFails(empty, " is empty (0 bytes): expected a video or an image; copy it again.");
        assertFails(
                text,
                " is not a video or image that can be read (Invalid data found when processing input): expected mp4");
        assertFails(
                headOnly,
                " is not a video or image that can be read (Invalid data found when processing input): expected mp4");
        assertFails(sound, " holds no video stream: found audio aac; give a file or camera with video.");
        assertFails(unknown, " is coded as 'none', which cannot be decoded: expected H.264, HEVC");
        assertFails(torn, " ");
        RecordingReceiver receiver = run(stream(pictureless.toString(), 0, false, false));
        assertThat(receiver.lastStatus().reason())
                .isEqualTo("The folder " + pictureless
                        + " holds no images: expected files that end in .jpg, .jpeg, .png, .bmp or .webp.");
        assertThat(run(stream("/dev/zero", 0, false, false)).lastStatus().reason())
                .isEqualTo("/dev/zero is neither a file nor a folder: give a video, an image or a folder of images.");
        assertThat(run(stream("concat:a|b", 0, false, false)).lastStatus().reason())
                .startsWith("The scheme 'concat:' is not allowed");
    }

    @Test
    void shouldNotFollowAPlaylistOrScriptToOtherFiles() throws IOException {
        Path clip = TestClips.make("target.ts", "-i testsrc2=size=64x48 -frames:v 5 -c:v libopenh264");
        String name = clip.toAbsolutePath().toString();
        for (String[] script : List.of(
                new String[] {
                    "list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + name + "\n#EXT-X-ENDLIST\n"
                },
                new String[] {"list.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + name + "\n#EXT-X-ENDLIST\n"
                },
                new String[] {"list.ffconcat", "ffconcat version 1.0\nfile '" + name + "'\n"},
                new String[] {
                    "camera.sdp",
                    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
                },
                new String[] {
                    "manifest.mpd",
                    "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><Period><AdaptationSet><Representation id=\"0\"><BaseURL>"
                            + name + "</BaseURL></Representation></AdaptationSet></Period></MPD>"
                })) {
            Path file = Files.writeString(folder.resolve(script[0]), script[1]);
            RecordingReceiver receiver = run(stream(file.toString(), 0, false, false));
            assertThat(receiver.frames()).as(script[0]).isEmpty();
            assertThat(receiver.lastStatus().state()).as(script[0]).isEqualTo(State.FAILED);
            assertThat(receiver.lastStatus().reason())
                    .as(script[0])
                    .contains("is not a video or image that can be read");
        }
    }

    @Test
    void shouldStopWhileTheReceiverHoldsTheFileBack() throws InterruptedException {
        FfmpegFrameSource source =
                FfmpegFrameSource.create(stream(TestClips.cameraH264().toString(), 0, false, true));
        Object gate = new Object();
        boolean[] open = {false};
        FrameReceiver receiver = new FrameReceiver() {
            @Override
            public void onFrame(FrameLease frame) {
                synchronized (gate) {
                    while (!open[0]) {
                        try {
                            gate.wait();
                        } catch (InterruptedException e) {
                            return;
                        }
                    }
                }
            }

            @Override
            public void onDropped(DropCause cause) {
                throw new AssertionError("nothing is dropped: " + cause);
            }

            @Override
            public void onStatus(StreamStatus status) {
                // Not asked for here.
            }
        };
        Thread thread = new Thread(() -> source.run(receiver));
        thread.start();
        Thread.sleep(200);
        source.stop();
        synchronized (gate) {
            open[0] = true;
            gate.notifyAll();
        }
        thread.join(2000);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void shouldRunOnce() {
        FfmpegFrameSource source = FfmpegFrameSource.create(stream("absent.mp4", 0, false, false));
        source.run(new RecordingReceiver());
        assertThatThrownBy(() -> source.run(new RecordingReceiver()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("runs once");
    }

    @Test
    void shouldProbe() {
        Path clip = TestClips.make("probe.mp4", "-i testsrc2=size=64x48:rate=25 -frames:v 5 -c:v mpeg4");

        assertThat(FfmpegFrameSource.probe(StreamConfig.of("a", clip.toString())))
                .isEqualTo(StreamProbe.of("mpeg4", new ImageSize(64, 48), 25, Double.NaN));
        StreamProbe absent = FfmpegFrameSource.probe(StreamConfig.of("a", "absent.mp4"));
        assertThat(absent.reachable()).isFalse();
        assertThat(absent.problem()).contains("does not exist");
    }

    private void assertFails(Path file, String sentence) {
        RecordingReceiver receiver = run(stream(file.toString(), 0, false, false));
        assertThat(receiver.frames()).isEmpty();
        assertThat(receiver.states()).as("%s", receiver.statuses()).endsWith(State.FAILED);
        assertThat(receiver.lastStatus().reason())
                .startsWith(file.toString())
                .contains(sentence)
                .endsWith(".");
    }

    private static byte[] withUnknownCodec() throws IOException {
        Path clip = TestClips.make("known.avi", "-i testsrc2=size=64x48 -frames:v 5 -c:v mpeg4");
        byte[] bytes = Files.readAllBytes(clip);
        for (int i = 0; i + 4 <= Math.min(bytes.length, 1000); i++) {
            if (bytes[i] == 'F' && bytes[i + 1] == 'M' && bytes[i + 2] == 'P' && bytes[i + 3] == '4') {
                bytes[i] = 'Z';
                bytes[i + 1] = 'Z';
            }
        }
        return bytes;
    }

    /** Gives the first chunk with this name behind an AVI file's headers another. */
    private static void rename(byte[] avi, String chunk, String name) {
        String text = new String(avi, StandardCharsets.ISO_8859_1);
        int from = text.indexOf(chunk, text.indexOf("movi"));
        System.arraycopy(name.getBytes(StandardCharsets.ISO_8859_1), 0, avi, from, 4);
    }

    private static byte[] concatenate(Path... files) throws IOException {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        for (Path file : files) {
            all.writeBytes(Files.readAllBytes(file));
        }
        return all.toByteArray();
    }

    private static RecordingReceiver run(StreamConfig config) {
        RecordingReceiver receiver = new RecordingReceiver();
        FfmpegFrameSource.create(config).run(receiver);
        return receiver;
    }

    private static StreamConfig stream(String url, double analyzeFps, boolean realtime, boolean loop) {
        return StreamConfig.builder("clip", url)
                .analyzeFps(analyzeFps)
                .realtime(realtime)
                .loop(loop)
                .build();
    }
}
