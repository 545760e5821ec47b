package io.helmwatch.ingest.ffmpeg.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame.Memory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("gpu")
class CudaDecodingGpuTest {

    private static final Path CLIPS = Path.of(System.getProperty("helmwatch.data", "../shared/data"), "clips");

    private CudaDevice device;
    private CudaDecoding decoding;
    private SharedDecoders shared;

    @BeforeEach
    void open() {
        device = CudaDevice.open(0);
        decoding =
                CudaDecoding.open(device.contextHandle(), device.decodeStream().handle());
        shared = SharedDecoders.on(decoding);
    }

    @AfterEach
    void close() {
        shared.close();
        decoding.close();
        decoding.close();
        device.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"site-worker-720p.mp4", "hevc.mp4", "bt709_full_range.mp4", "resolution-change.h264"})
    void shouldDecodeTheSameFramesAsTheCpuIntoDeviceMemory(String clip) {
        List<Picture> expected = pictures(clip, false);
        List<Picture> found = pictures(clip, true);

        assertThat(found).hasSameSizeAs(expected).isNotEmpty();
        for (int i = 0; i < found.size(); i++) {
            Picture gpu = found.get(i);
            Picture cpu = expected.get(i);
            assertThat(gpu.memory).as("memory of frame %d", i).isEqualTo(Memory.CUDA);
            assertThat(gpu.description).isEqualTo(cpu.description);
            assertThat(gpu.luma).as("mean luma of picture %d", i).isBetween(cpu.luma - 0.5, cpu.luma + 0.5);
            assertThat(gpu.cb).as("mean Cb of picture %d", i).isBetween(cpu.cb - 0.5, cpu.cb + 0.5);
        }
    }

    @Test
    void shouldDecodeOnTheCpuWhatTheVideoEnginesDoNotTake() {
        List<Picture> pictures = pictures("av1_video.mkv", true);

        assertThat(pictures).hasSameSizeAs(pictures("av1_video.mkv", false)).isNotEmpty();
    }

    @Test
    void shouldMoveBetweenVideoEnginesAndCpuAtKeyFramesWithoutLosingAFrame() {
        // A key frame every three seconds; moved after each.
        AtomicInteger asked = new AtomicInteger();
        List<Picture> expected = pictures("site-worker-720p.mp4", false);
        List<Picture> found = pictures(
                "site-worker-720p.mp4",
                stream -> FfmpegFrameSource.create(
                        stream.toBuilder().realtime(true).build(),
                        decoding,
                        () -> asked.getAndIncrement() % 2 == 0,
                        shared));

        assertThat(found)
                .extracting(Picture::description)
                .isEqualTo(expected.stream().map(Picture::description).toList());
        assertThat(found).extracting(Picture::memory).contains(Memory.CUDA, Memory.HOST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"site-worker-720p.mp4", "one-by-one-person-detection.mp4"})
    void shouldDecodeTheSameKeyFramesAsTheCpu(String clip) {
        List<Picture> expected = pictures(
                clip,
                stream -> FfmpegFrameSource.create(
                        stream.toBuilder().decode(DecodeMode.ALL).build()));
        List<Picture> found = pictures(
                clip,
                stream -> FfmpegFrameSource.create(
                        stream.toBuilder().decode(DecodeMode.KEY_FRAMES).build(), decoding));

        assertThat(found)
                .isNotEmpty()
                .allSatisfy(gpu -> assertThat(expected).anySatisfy(cpu -> {
                    assertThat(gpu.luma).isBetween(cpu.luma - 0.5, cpu.luma + 0.5);
                    assertThat(gpu.cb).isBetween(cpu.cb - 0.5, cpu.cb + 0.5);
                }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"site-worker-720p.mp4", "one-by-one-person-detection.mp4", "hevc.mp4"})
    void shouldDecodeKeyFramesOfManyStreamsThroughOneSession(String clip) throws InterruptedException {
        List<Picture> expected = pictures(clip, stream -> keyFrames(stream, false));
        List<List<Picture>> found = new ArrayList<>();
        AtomicInteger mostOpen = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            threads.add(new Thread(() -> {
                List<Picture> seen = pictures(clip, stream -> {
                    mostOpen.accumulateAndGet(shared.open(), Math::max);
                    return keyFrames(stream, true);
                });
                mostOpen.accumulateAndGet(shared.open(), Math::max);
                synchronized (found) {
                    found.add(seen);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(found).hasSize(12).allSatisfy(stream -> {
            assertThat(stream).hasSameSizeAs(expected).isNotEmpty();
            for (int i = 0; i < stream.size(); i++) {
                Picture gpu = stream.get(i);
                Picture cpu = expected.get(i);
                assertThat(gpu.memory).isEqualTo(Memory.CUDA);
                assertThat(gpu.description).isEqualTo(cpu.description);
                assertThat(gpu.luma).isBetween(cpu.luma - 0.5, cpu.luma + 0.5);
                assertThat(gpu.cb).isBetween(cpu.cb - 0.5, cpu.cb + 0.5);
            }
        });
        assertThat(mostOpen.get()).isLessThanOrEqualTo(1);
        assertThat(shared.open()).isZero();
    }

    @Test
    void shouldDecodeOnTheCpuWhatIsBeyondTheLimitOfSessions() {
        try (CudaDecoding one =
                CudaDecoding.open(device.contextHandle(), device.decodeStream().handle(), 1)) {
            assertThat(one.sessions().take()).isTrue();
            List<Picture> beyond = pictures("site-worker-720p.mp4", stream -> FfmpegFrameSource.create(stream, one));
            one.sessions().giveBack();
            List<Picture> within = pictures("site-worker-720p.mp4", stream -> FfmpegFrameSource.create(stream, one));

            assertThat(beyond).isNotEmpty().extracting(Picture::memory).containsOnly(Memory.HOST);
            assertThat(within).hasSameSizeAs(beyond).extracting(Picture::memory).containsOnly(Memory.CUDA);
        }
    }

    private FfmpegFrameSource keyFrames(StreamConfig stream, boolean onDevice) {
        StreamConfig keys = stream.toBuilder().decode(DecodeMode.KEY_FRAMES).build();
        return onDevice
                ? FfmpegFrameSource.create(keys, decoding, DecoderPlacement.VIDEO_ENGINES, shared)
                : FfmpegFrameSource.create(keys);
    }

    /** What is compared of a frame. */
    private record Picture(Memory memory, String description, double luma, double cb) {}

    private List<Picture> pictures(String clip, boolean onDevice) {
        return pictures(
                clip,
                stream -> onDevice ? FfmpegFrameSource.create(stream, decoding) : FfmpegFrameSource.create(stream));
    }

    private List<Picture> pictures(String clip, Function<StreamConfig, FfmpegFrameSource> opened) {
        Path file = CLIPS.resolve(clip);
        assumeTrue(Files.exists(file), "skipped: " + file + " is not here");
        List<Picture> pictures = new ArrayList<>();
        FfmpegFrameSource source = opened.apply(StreamConfig.of("clip", file.toString()));
        source.run(new FrameReceiver() {
            @Override
            public void onFrame(FrameLease frame) {
                boolean interleaved = frame.format().planes() == 2;
                pictures.add(new Picture(
                        frame.memory(),
                        frame.width() + "x" + frame.height() + " " + frame.color() + " " + frame.sequence(),
                        mean(frame, 0, 1),
                        mean(frame, 1, interleaved ? 2 : 1)));
            }

            @Override
            public void onDropped(DropCause cause) {
                // Counted by what is missing.
            }

            @Override
            public void onStatus(StreamStatus status) {
                assertThat(status.state()).isNotEqualTo(StreamStatus.State.FAILED);
            }
        });
        return pictures;
    }

    private double mean(FrameLease frame, int plane, int step) {
        int rows = frame.format().planeRows(plane, frame.height());
        int rowBytes = frame.format().planeRowBytes(plane, frame.width());
        int stride = frame.strideBytes(plane);
        int bytes = (rows - 1) * stride + rowBytes;
        if (frame.memory() == Memory.HOST) {
            return mean(frame.plane(plane), rows, rowBytes, stride, step);
        }
        try (PinnedBuffer pinned = new PinnedBuffer(device, "test", bytes)) {
            DeviceBuffer.of(frame.planeAddress(plane), bytes).download(pinned, bytes, device.decodeStream());
            device.decodeStream().synchronize();
            return mean(pinned.view(), rows, rowBytes, stride, step);
        }
    }

    private static double mean(ByteBuffer samples, int rows, int rowBytes, int stride, int step) {
        long sum = 0;
        long count = 0;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < rowBytes; x += step) {
                sum += samples.get(y * stride + x) & 0xff;
                count++;
            }
        }
        return (double) sum / count;
    }
}
