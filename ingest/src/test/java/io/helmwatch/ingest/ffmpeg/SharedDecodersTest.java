package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver.Seen;
import io.helmwatch.ingest.ffmpeg.decode.SharedDecoders;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus.State;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SharedDecodersTest {
    /** Frames that are shown before those decoded before them, parameter sets in the container. */
    private static final Path YARD = Path.of(System.getProperty("helmwatch.home", ".."), "models/demo-clip/yard.mp4");

    private static final String ENCODED =
            "=size=320x240:rate=25 -frames:v 50 -c:v libopenh264 -b 400k -g 5 -bf 0 -pix_fmt yuv420p";

    private final SharedDecoders shared = SharedDecoders.onCpu();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        shared.close();
        shared.close();
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    /** Two cameras whose streams look alike: parameter sets within the stream, equal to the byte. */
    private static List<Path> cameras() {
        return List.of(
                TestClips.make("pattern.h264", "-i testsrc2" + ENCODED),
                TestClips.make("negative.h264", "-i testsrc2" + ENCODED.replace("rate=25", "rate=25,negate")));
    }

    private static StreamConfig config(Path clip) {
        return StreamConfig.builder("clip", clip.toString())
                .decode(DecodeMode.KEY_FRAMES)
                .build();
    }

    private static RecordingReceiver playAlone(Path clip) {
        RecordingReceiver receiver = new RecordingReceiver();
        FfmpegFrameSource.create(config(clip)).run(receiver);
        return receiver;
    }

    /** Plays all clips at once and asks with each frame how many decoders are open. */
    private List<RecordingReceiver> playTogether(List<Path> clips, AtomicInteger mostOpen) throws InterruptedException {
        List<RecordingReceiver> receivers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (Path clip : clips) {
            RecordingReceiver receiver = new RecordingReceiver() {
                @Override
                public void onFrame(FrameLease frame) {
                    super.onFrame(frame);
                    mostOpen.accumulateAndGet(shared.open(), Math::max);
                }
            };
            receivers.add(receiver);
            threads.add(new Thread(
                    () -> FfmpegFrameSource.create(config(clip), shared).run(receiver)));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        return receivers;
    }

    private List<RecordingReceiver> playTogether(List<Path> clips) throws InterruptedException {
        return playTogether(clips, new AtomicInteger());
    }

    private record Picture(long ptsNanos, long sequence, int width, int height, List<Integer> quadrants) {
        Picture(Seen seen) {
            this(seen.ptsNanos(), seen.sequence(), seen.width(), seen.height(), seen.quadrants());
        }
    }

    private static List<Picture> pictures(RecordingReceiver receiver) {
        return receiver.frames().stream().map(Picture::new).toList();
    }

    @Test
    void shouldGiveEveryStreamItsOwnKeyFramesThroughFewDecoders() throws InterruptedException {
        List<Path> clips = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            clips.addAll(cameras());
        }
        AtomicInteger mostOpen = new AtomicInteger();

        List<RecordingReceiver> found = playTogether(clips, mostOpen);

        for (int i = 0; i < clips.size(); i++) {
            assertThat(pictures(found.get(i)))
                    .as("stream %d", i)
                    .hasSize(10)
                    .isEqualTo(pictures(playAlone(clips.get(i))));
        }
        assertThat(mostOpen.get()).isBetween(1, Runtime.getRuntime().availableProcessors());
        assertThat(shared.open()).isZero();
    }

    @Test
    void shouldGiveFramesThatAnOrdinaryDecoderWouldHoldBack() throws InterruptedException {
        AtomicInteger mostOpen = new AtomicInteger();
        List<RecordingReceiver> found = playTogether(List.of(YARD, YARD, YARD), mostOpen);

        List<Picture> expected = pictures(playAlone(YARD));
        assertThat(found).allSatisfy(stream -> {
            assertThat(pictures(stream)).hasSize(13).isEqualTo(expected);
            assertThat(stream.dropped(DropCause.CORRUPT)).isZero();
        });
        assertThat(mostOpen.get()).isPositive();
    }

    @Test
    void shouldShareDecodersOfHevc() throws InterruptedException {
        Path clip = Path.of(System.getProperty("helmwatch.data", "absent"), "clips", "hevc.mp4");
        assumeTrue(Files.exists(clip), "skipped: the clips of others are not here: " + clip);
        AtomicInteger mostOpen = new AtomicInteger();

        List<RecordingReceiver> found = playTogether(List.of(clip, clip, clip), mostOpen);

        List<Picture> expected = pictures(playAlone(clip));
        assertThat(expected).isNotEmpty();
        assertThat(found).allSatisfy(stream -> assertThat(pictures(stream)).isEqualTo(expected));
        assertThat(mostOpen.get()).isPositive();
    }

    @Test
    void shouldKeepDamagedKeyFramesOfOneStreamFromTheOthers() throws Exception {
        Path good = cameras().get(0);
        byte[] bytes = Files.readAllBytes(cameras().get(1));
        ByteArrayOutputStream damaged = new ByteArrayOutputStream();
        for (byte[] unit : H264Packets.split(bytes)) {
            damaged.write(new byte[] {0, 0, 0, 1});
            boolean key = (unit[0] & 31) == 5;
            for (int i = 0; i < unit.length; i++) {
                // Everything behind the header of the slice.
                damaged.write(key && i > 24 ? unit[i] ^ 0x5a : unit[i]);
            }
        }
        Path broken = Files.write(folder.resolve("broken.h264"), damaged.toByteArray());

        List<RecordingReceiver> found = playTogether(List.of(broken, good, broken, good, good));

        List<Picture> expected = pictures(playAlone(good));
        for (int i : new int[] {1, 3, 4}) {
            assertThat(pictures(found.get(i))).as("stream %d", i).isEqualTo(expected);
            assertThat(found.get(i).dropped(DropCause.CORRUPT)).isZero();
        }
        assertThat(found.get(0).frames()).isEmpty();
        assertThat(found.get(0).lastStatus().state()).isEqualTo(State.FAILED);
    }

    @Test
    void shouldFollowAStreamThatChangesItsSize() throws Exception {
        Path small = cameras().get(0);
        Path large = TestClips.make("large.h264", "-i testsrc2" + ENCODED.replace("320x240", "640x360"));
        Path changing = folder.resolve("changing.h264");
        append(changing, small);
        append(changing, large);
        append(changing, small);

        List<RecordingReceiver> found = playTogether(List.of(changing, small, large));

        assertThat(found.get(0).frames())
                .extracting(Seen::width)
                .containsExactlyElementsOf(pictures(playAlone(changing)).stream()
                        .map(Picture::width)
                        .toList())
                .contains(320, 640);
        assertThat(pictures(found.get(0))).isEqualTo(pictures(playAlone(changing)));
        assertThat(pictures(found.get(1))).isEqualTo(pictures(playAlone(small)));
        assertThat(pictures(found.get(2))).isEqualTo(pictures(playAlone(large)));
    }

    @Test
    void shouldKeepParameterSetsOfAChangedStreamFromStreamsThatSendTheirsOnce() throws Exception {
        Path often = cameras().get(0);
        ByteArrayOutputStream once = new ByteArrayOutputStream();
        int sets = 0;
        for (byte[] unit : H264Packets.split(Files.readAllBytes(often))) {
            int type = unit[0] & 31;
            boolean set = type == 7 || type == 8;
            if (!set || sets++ < 2) {
                once.write(new byte[] {0, 0, 0, 1});
                once.write(unit);
            }
        }
        Path clip = Files.write(folder.resolve("once.h264"), once.toByteArray());
        Path changing = folder.resolve("changing.h264");
        append(changing, often);
        append(changing, TestClips.make("large.h264", "-i testsrc2" + ENCODED.replace("320x240", "640x360")));

        RecordingReceiver found = new RecordingReceiver() {
            @Override
            public void onFrame(FrameLease frame) {
                super.onFrame(frame);
                if (frames().size() == 3) {
                    FfmpegFrameSource.create(config(changing), shared).run(new RecordingReceiver());
                }
            }
        };
        FfmpegFrameSource.create(config(clip), shared).run(found);

        assertThat(found.dropped(DropCause.CORRUPT)).isZero();
        assertThat(pictures(found)).hasSize(10).isEqualTo(pictures(playAlone(clip)));
    }

    private static void append(Path file, Path clip) throws IOException {
        Files.write(file, Files.readAllBytes(clip), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
