package io.helmwatch.pipeline.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.decode.CudaDecoding;
import io.helmwatch.preprocess.ReferencePreprocessor;
import io.helmwatch.preprocess.cuda.CudaPreprocessor;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.VideoFrame.Memory;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.io.ByteArrayOutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of frames in device memory, turned ones too: letterbox, download and picture are those of the CPU's frames. */
@Tag("gpu")
@Timeout(120)
class DeviceFramesGpuTest {
    private static final Path CLIP = Path.of(System.getProperty("helmwatch.home"), "models/demo-clip/yard.mp4");
    private static final int FRAMES = 5;
    private static final TensorShape INPUT = new TensorShape(1, 3, 640, 640);

    @TempDir
    Path folder;

    /** What a frame gave. */
    private record Seen(String what, byte[] samples, float[] tensor, byte[] picture, double downloadMillis) {}

    @ParameterizedTest
    @CsvSource({
        // a, b, c, d of the display matrix
        "UPRIGHT, 1, 0, 0, 1",
        "CLOCKWISE, 0, 1, -1, 0",
        "HALF_TURN, -1, 0, 0, -1",
        "COUNTER_CLOCKWISE, 0, -1, 1, 0",
        "MIRRORED, -1, 0, 0, 1",
        "FLIPPED, 1, 0, 0, -1",
        "TRANSPOSED, 0, 1, 1, 0",
        "ANTI_TRANSPOSED, 0, -1, -1, 0",
    })
    void shouldGiveWhatTheCpuGives(Orientation orientation, int a, int b, int c, int d) throws Exception {
        String size = orientation.swapsSides() ? "720x1280" : "1280x720";
        StreamConfig clip = StreamConfig.of("clip", turnedClip(a, b, c, d).toString());
        List<Seen> expected = onCpu(clip);
        List<Seen> found = onGpu(clip, orientation);

        assertThat(expected).hasSize(FRAMES);
        assertThat(found).hasSize(FRAMES);
        for (int i = 0; i < FRAMES; i++) {
            assertThat(found.get(i).what()).isEqualTo(expected.get(i).what()).startsWith(size);
            assertThat(found.get(i).samples())
                    .as("samples of frame %d", i)
                    .isEqualTo(expected.get(i).samples());
            assertThat(found.get(i).picture())
                    .as("JPEG of frame %d", i)
                    .isEqualTo(expected.get(i).picture());
            double worst = 0;
            for (int j = 0; j < INPUT.elementsPerImage(); j++) {
                double error =
                        Math.abs(found.get(i).tensor()[j] - expected.get(i).tensor()[j]);
                worst = error <= worst ? worst : error;
            }
            assertThat(worst).as("letterbox of frame %d", i).isLessThanOrEqualTo(1.0 / 255);
        }
        System.out.printf(
                "%s: downloads took %s ms%n",
                orientation,
                found.stream()
                        .map(seen -> String.format("%.2f", seen.downloadMillis()))
                        .toList());
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 0, 1", "0, 1, -1, 0"})
    void shouldHaveRoomForAnImageBeforeItIsDownloaded(int a, int b, int c, int d) throws Exception {
        StreamConfig clip = StreamConfig.of("clip", turnedClip(a, b, c, d).toString());
        int room = 4 * 1280 * 720 * 3 / 2;
        try (CudaDevice device = CudaDevice.open(0);
                CudaDecoding decoding = CudaDecoding.open(
                        device.contextHandle(), device.decodeStream().handle());
                SnapshotStore store = store("room")) {
            long before = directBytes();
            List<Seen> seen = play(FfmpegFrameSource.create(clip, decoding), frame -> {
                store.prepare(frame);
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
                while (!store.isPrepared() && System.nanoTime() < deadline) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
                }
                long reserved = directBytes();
                picture(store, "room", frame);
                assertThat(reserved).isGreaterThanOrEqualTo(before + room);
                // Writing files takes a few thousand bytes, a frame 1.4 million.
                assertThat(directBytes()).isLessThan(reserved + 100_000);
                return new Seen("", new byte[0], new float[0], new byte[0], 0);
            });
            assertThat(seen).hasSize(FRAMES);
        }
    }

    /** Memory of direct buffers, which copies of frames are made in. */
    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** The clip with another matrix in its track header (ISO/IEC 14496-12, 8.3.2). */
    private Path turnedClip(int a, int b, int c, int d) throws Exception {
        byte[] clip = Files.readAllBytes(CLIP);
        String text = new String(clip, StandardCharsets.ISO_8859_1);
        int header = text.indexOf("tkhd");
        assertThat(header).isPositive().isEqualTo(text.lastIndexOf("tkhd"));
        assertThat(clip[header + 4]).as("version").isZero();
        ByteBuffer.wrap(clip)
                .putInt(header + 44, a << 16)
                .putInt(header + 48, b << 16)
                .putInt(header + 56, c << 16)
                .putInt(header + 60, d << 16);
        return Files.write(folder.resolve("turned.mp4"), clip);
    }

    private List<Seen> onCpu(StreamConfig clip) throws Exception {
        try (SnapshotStore store = store("cpu");
                ReferencePreprocessor letterbox = new ReferencePreprocessor(LetterboxAnchor.CENTER, 114)) {
            return play(FfmpegFrameSource.create(clip), frame -> {
                assertThat(frame.memory()).isEqualTo(Memory.HOST);
                HostTensorBatch tensor = HostTensorBatch.allocate(INPUT, TensorType.FP32);
                letterbox.add(frame, tensor, 0);
                letterbox.submit(tensor, 1);
                float[] values = new float[INPUT.elementsPerImage()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = tensor.buffer().getFloat(4 * i);
                }
                return new Seen(describe(frame), samples(frame), values, picture(store, "cpu", frame), 0);
            });
        }
    }

    private List<Seen> onGpu(StreamConfig clip, Orientation orientation) throws Exception {
        try (CudaDevice device = CudaDevice.open(0);
                CudaDecoding decoding = CudaDecoding.open(
                        device.contextHandle(), device.decodeStream().handle())) {
            List<Seen> seen;
            try (SnapshotStore store = store("gpu");
                    CudaStream stream = new CudaStream(device);
                    DeviceBuffer memory = new DeviceBuffer(device, "test", 4L * INPUT.elementsPerImage());
                    PinnedBuffer pinned = new PinnedBuffer(device, "test", 4 * INPUT.elementsPerImage());
                    CudaPreprocessor letterbox =
                            new CudaPreprocessor(device, LetterboxAnchor.CENTER, 114, folder.resolve("kernels"))) {
                DeviceTensorBatch tensor =
                        new DeviceTensorBatch(INPUT, TensorType.FP32, memory.address(), stream.handle());
                seen = play(FfmpegFrameSource.create(clip, decoding), frame -> {
                    assertThat(frame.memory()).isEqualTo(Memory.CUDA);
                    assertThat(frame.orientation()).isEqualTo(orientation);
                    memory.fill(0xff, memory.bytes(), stream);
                    letterbox.add(frame, tensor, 0);
                    letterbox.submit(tensor, 1);
                    memory.download(pinned, memory.bytes(), stream);
                    stream.synchronize();
                    float[] values = new float[INPUT.elementsPerImage()];
                    pinned.view().asFloatBuffer().get(0, values);
                    byte[] picture = picture(store, "gpu", frame);
                    long start = System.nanoTime();
                    try (FrameLease host = frame.download()) {
                        double millis = (System.nanoTime() - start) / 1e6;
                        assertThat(host.memory()).isEqualTo(Memory.HOST);
                        assertThat(host.sequence()).isEqualTo(frame.sequence());
                        assertThat(host.color()).isEqualTo(frame.color());
                        checkRows(frame, host);
                        return new Seen(describe(frame), samples(host), values, picture, millis);
                    }
                });
            }
            assertThat(NativeMemory.outstanding())
                    .filteredOn(entry -> entry.kind() != NativeMemory.Kind.HOST)
                    .isEmpty();
            return seen;
        }
    }

    /** Rows that are copied alone are those of the whole frame, as they are stored. */
    private static void checkRows(FrameLease frame, FrameLease whole) {
        int step = frame.info().storedHeight() / 36;
        try (FrameLease rows = frame.downloadRows(36)) {
            assertThat(rows.height()).isEqualTo(frame.info().storedHeight() / step);
            if (frame.orientation() == Orientation.UPRIGHT) {
                byte[] expected = new byte[frame.format().planeRowBytes(0, frame.width())];
                byte[] found = new byte[expected.length];
                for (int row = 0; row < rows.height(); row++) {
                    whole.plane(0).get(row * step * whole.strideBytes(0), expected);
                    rows.plane(0).get(row * rows.strideBytes(0), found);
                    assertThat(found).as("row " + row).isEqualTo(expected);
                }
            }
        }
    }

    /** The first frames of a clip. */
    private static List<Seen> play(FfmpegFrameSource source, Function<FrameLease, Seen> look) {
        List<Seen> seen = new ArrayList<>();
        source.run(new FrameReceiver() {
            @Override
            public void onFrame(FrameLease frame) {
                if (seen.size() < FRAMES) {
                    seen.add(look.apply(frame));
                } else {
                    source.stop();
                }
            }

            @Override
            public void onDropped(DropCause cause) {}

            @Override
            public void onStatus(StreamStatus status) {
                assertThat(status.state()).as(status.reason()).isNotEqualTo(StreamStatus.State.FAILED);
            }
        });
        return seen;
    }

    private static String describe(VideoFrame frame) {
        return frame.width() + "x" + frame.height() + " " + frame.color() + " " + frame.sequence();
    }

    /** Luma, Cb and Cr without gaps, whether chroma is interleaved or not. */
    private static byte[] samples(VideoFrame frame) {
        ByteArrayOutputStream samples = new ByteArrayOutputStream();
        int planes = frame.format().planes();
        for (int component = 0; component < 3; component++) {
            int plane = Math.min(component, planes - 1);
            int step = planes == 2 && component > 0 ? 2 : 1;
            int first = planes == 2 && component == 2 ? 1 : 0;
            ByteBuffer rows = frame.plane(plane);
            for (int y = 0; y < frame.format().planeRows(plane, frame.height()); y++) {
                for (int x = first; x < frame.format().planeRowBytes(plane, frame.width()); x += step) {
                    samples.write(rows.get(y * frame.strideBytes(plane) + x));
                }
            }
        }
        return samples.toByteArray();
    }

    private SnapshotStore store(String name) {
        return new SnapshotStore(
                new SnapshotConfig(true, folder.resolve(name), true, false, 90, Duration.ofDays(1), 1L << 30, null),
                Clock.systemUTC());
    }

    /** The stored JPEG of an incident on this frame, a corner masked. */
    private byte[] picture(SnapshotStore store, String name, VideoFrame frame) {
        ModelIdentity model = new ModelIdentity("test", "1", "fp32", "cpu");
        ImageSize size = new ImageSize(frame.width(), frame.height());
        BoundingBox head = new BoundingBox(300, 200, 360, 270);
        Incident incident = Incident.builder().id("clip/0/" + frame.sequence()).phase(Incident.Phase.START).stream(
                        "clip")
                .rule("bare")
                .kind(Incident.Kind.NO_HELMET)
                .track(1)
                .startedAtMillis(0)
                .lastAtMillis(0)
                .decidedAtMillis(0)
                .decidedSequence(frame.sequence())
                .decidedPtsNanos(0)
                .peakConfidence(0.9f)
                .meanConfidence(0.9f)
                .observations(5)
                .positions(List.of(new Incident.Position(1, 0, head)))
                .size(size)
                .model(model)
                .build();
        FrameDetections shown = new FrameDetections(
                "clip", 0, frame.sequence(), 0, 0, size, model, List.of(new Detection("head", 0.9f, head)));
        StreamRulesConfig rules = new StreamRulesConfig(
                List.of(),
                List.of(List.of(
                        new ZoneConfig.Point(0, 0), new ZoneConfig.Point(0.2, 0), new ZoneConfig.Point(0, 0.3))),
                0,
                List.of());
        try {
            Incident.Snapshot stored =
                    store.capture(incident, shown, frame, rules).get(20, TimeUnit.SECONDS);
            return Files.readAllBytes(folder.resolve(name).resolve(stored.path()));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
