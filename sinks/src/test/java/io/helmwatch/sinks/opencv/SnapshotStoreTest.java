package io.helmwatch.sinks.opencv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

class SnapshotStoreTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(Incidents.NOON), ZoneOffset.UTC);
    private static final BoundingBox OWN = new BoundingBox(100, 100, 140, 148);
    private static final BoundingBox OTHER = new BoundingBox(300, 100, 340, 148);

    @TempDir
    Path folder;

    /** A picture in memory: one colour, with a checkerboard of two-pixel squares in the heads' boxes. */
    record Still(FrameInfo info, FramePlanes planes, List<ByteBuffer> samples) implements VideoFrame {
        @Override
        public ByteBuffer plane(int plane) {
            return samples.get(plane).duplicate();
        }
    }

    private static int stride(PixelFormat format, int width, int plane) {
        int samples = plane == 0 ? width : (width + (1 << format.chromaShiftX()) - 1) >> format.chromaShiftX();
        int perSample = format.isRgb() ? 3 : format.planes() == 2 && plane == 1 ? 2 : 1;
        return samples * perSample * format.sampleBytes() + 32;
    }

    /** The planes of a colour given as 8-bit luma and chroma, or as red, green, blue. */
    static Still still(PixelFormat format, int width, int height, int... color) {
        List<ByteBuffer> planes = new ArrayList<>();
        for (int plane = 0; plane < format.planes(); plane++) {
            int rows = plane == 0 ? height : (height + (1 << format.chromaShiftY()) - 1) >> format.chromaShiftY();
            int stride = stride(format, width, plane);
            ByteBuffer samples = ByteBuffer.allocateDirect(stride * rows).order(ByteOrder.LITTLE_ENDIAN);
            int units = (stride - 32) / format.sampleBytes();
            for (int y = 0; y < rows; y++) {
                for (int i = 0; i < units; i++) {
                    int value;
                    if (format.isRgb()) {
                        value = color[format == PixelFormat.RGB24 ? i % 3 : 2 - i % 3];
                    } else if (format.planes() == 2 && plane == 1) {
                        value = color[1 + i % 2];
                    } else {
                        value = color[plane];
                        if (plane == 0 && isInHead(i, y) && (i / 2 + y / 2) % 2 == 0) {
                            value = 235;
                        }
                    }
                    if (format.sampleBytes() == 1) {
                        samples.put(y * stride + i, (byte) value);
                    } else {
                        int scaled = value << (format.bitDepth() - 8 + format.sampleShift());
                        samples.putShort(y * stride + 2 * i, (short) scaled);
                    }
                }
            }
            planes.add(samples);
        }
        FrameInfo info = FrameInfo.of(
                new ImageSize(width, height), format, new ColorEncoding(ColorEncoding.Matrix.BT709, format.isRgb()));
        info.setPosition(56, 0, Incidents.NOON, 0);
        FramePlanes layout = new FramePlanes();
        for (int plane = 0; plane < format.planes(); plane++) {
            layout.set(plane, 0, stride(format, width, plane));
        }
        return new Still(info, layout, planes);
    }

    private static boolean isInHead(int x, int y) {
        return y >= 100 && y < 148 && (x >= 100 && x < 140 || x >= 300 && x < 340);
    }

    private static Incident incident(int number) {
        Incident plain = Incidents.bareHead("gate-3", number, 0, Incident.Phase.START);
        return Incident.builder().id(plain.id()).phase(plain.phase()).stream(plain.stream())
                .rule(plain.rule())
                .kind(plain.kind())
                .zone("pit")
                .track(17)
                .startedAtMillis(plain.startedAtMillis())
                .lastAtMillis(plain.lastAtMillis())
                .decidedAtMillis(plain.decidedAtMillis())
                .decidedSequence(56)
                .decidedPtsNanos(0)
                .peakConfidence(0.9f)
                .meanConfidence(0.9f)
                .observations(5)
                .positions(List.of(new Incident.Position(17, Incidents.NOON, OWN)))
                .size(plain.size())
                .model(plain.model())
                .build();
    }

    private static FrameDetections shown(VideoFrame frame) {
        return new FrameDetections(
                "gate-3",
                0,
                56,
                0,
                Incidents.NOON,
                new ImageSize(frame.width(), frame.height()),
                incident(1).model(),
                List.of(new Detection("head", 0.9f, OWN), new Detection("helmet", 0.8f, OTHER)));
    }

    private SnapshotConfig config(boolean blurOthers, long maxBytes) {
        return new SnapshotConfig(true, folder, true, blurOthers, 95, Duration.ofDays(1), maxBytes, null);
    }

    private static BufferedImage read(Path file) throws IOException {
        return ImageIO.read(file.toFile());
    }

    private Incident.Snapshot store(SnapshotStore store, Incident incident, VideoFrame frame, StreamRulesConfig rules)
            throws Exception {
        Future<Incident.Snapshot> future = store.capture(incident, shown(frame), frame, rules);
        return future.get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldStorePlainAndDrawnWithDigestsInAFolderPerStreamAndDay() throws Exception {
        Still frame = still(PixelFormat.I420, 640, 361, 100, 128, 128);
        try (SnapshotStore store = new SnapshotStore(config(false, 1 << 30), CLOCK)) {
            Incident.Snapshot snapshot = store(store, incident(4), frame, StreamRulesConfig.NONE);
            assertThat(snapshot.path()).isEqualTo("gate-3/2026-11-20/120002.240-no-helmet-in-pit-4.jpg");
            assertThat(snapshot.drawnPath()).isEqualTo("gate-3/2026-11-20/120002.240-no-helmet-in-pit-4-drawn.jpg");
            assertThat(Path.of(URI.create(snapshot.url()))).isEqualTo(folder.resolve(snapshot.path()));
            assertThat(Path.of(URI.create(snapshot.drawnUrl()))).isEqualTo(folder.resolve(snapshot.drawnPath()));
            byte[] plain = Files.readAllBytes(folder.resolve(snapshot.path()));
            assertThat(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(plain)))
                    .isEqualTo(snapshot.sha256());
            assertThat(read(folder.resolve(snapshot.path())).getWidth()).isEqualTo(640);
            assertThat(read(folder.resolve(snapshot.path())).getHeight()).isEqualTo(361);
            int edge = read(folder.resolve(snapshot.drawnPath())).getRGB(100, 124);
            assertThat((edge >> 16) & 255).as("red of the drawn box").isGreaterThan(150);
            assertThat(edge & 255).isLessThan(120);
            assertThat(store.stored()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        ".., _2e_2e",
        "., _2e",
        "../../etc, .._2f.._2fetc",
        "/etc, _2fetc",
        "a\\b, a_5cb",
        "Tor ä, Tor_20_c3_a4",
        "gate.3_b-c, gate.3_b-c"
    })
    void shouldKeepSnapshotsInTheirDirectoryWhateverTheStreamIsCalled(String stream, String directory)
            throws Exception {
        Still frame = still(PixelFormat.I420, 64, 48, 100, 128, 128);
        Incident plain = Incidents.bareHead(stream, 1, 0, Incident.Phase.START);
        Path inner = folder.resolve("inner");
        SnapshotConfig config = new SnapshotConfig(true, inner, true, false, 85, Duration.ofDays(1), 1 << 30, null);
        try (SnapshotStore store = new SnapshotStore(config, CLOCK)) {
            Incident.Snapshot snapshot = store(store, plain, frame, StreamRulesConfig.NONE);
            assertThat(snapshot.path()).startsWith(directory + "/2026-11-20/");
            for (Path path : List.of(inner.resolve(snapshot.path()), inner.resolve(snapshot.drawnPath()))) {
                assertThat(path.toRealPath()).startsWith(inner.toRealPath());
                assertThat(permissions(path)).isEqualTo("rw-------");
                assertThat(permissions(path.getParent())).isEqualTo("rwx------");
            }
        }
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(inner);
        }
    }

    @Test
    void shouldPublishTheConfiguredUrlOfASnapshot() throws Exception {
        Still frame = still(PixelFormat.I420, 64, 48, 100, 128, 128);
        SnapshotConfig config = new SnapshotConfig(
                true, folder, false, false, 85, Duration.ofDays(1), 1 << 30, "https://images.example/site/");
        try (SnapshotStore store = new SnapshotStore(config, CLOCK)) {
            Incident.Snapshot snapshot = store(store, incident(4), frame, StreamRulesConfig.NONE);
            assertThat(snapshot.url())
                    .isEqualTo("https://images.example/site/gate-3/2026-11-20/120002.240-no-helmet-in-pit-4.jpg")
                    .isEqualTo(snapshot.path());
            assertThat(snapshot.drawnUrl()).isNull();
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void shouldNotFollowALinkOutOfTheDirectory() throws Exception {
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Files.createSymbolicLink(inner.resolve("gate-3"), outside);
        SnapshotConfig config = new SnapshotConfig(true, inner, true, false, 85, Duration.ofDays(1), 1 << 30, null);
        Still frame = still(PixelFormat.I420, 64, 48, 100, 128, 128);
        try (SnapshotStore store = new SnapshotStore(config, CLOCK)) {
            assertThat(store(store, incident(1), frame, StreamRulesConfig.NONE)).isNull();
            assertThat(store.failed()).isEqualTo(1);
        }
        try (var files = Files.walk(outside)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    /** BT.709, limited range: Y 63, Cb 102, Cr 240 is pure red, up to rounding. */
    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void shouldKeepTheColoursOfEveryPixelFormat(PixelFormat format) throws Exception {
        Still frame = format.isRgb()
                ? still(format, 64, 48, 255, 0, 0)
                : format == PixelFormat.GRAY8 ? still(format, 64, 48, 126) : still(format, 64, 48, 63, 102, 240);
        try (SnapshotStore store = new SnapshotStore(config(false, 1 << 30), CLOCK)) {
            Incident.Snapshot snapshot = store(store, incident(1), frame, StreamRulesConfig.NONE);
            int rgb = read(folder.resolve(snapshot.path())).getRGB(30, 20);
            int[] expected = format == PixelFormat.GRAY8 ? new int[] {128, 128, 128} : new int[] {255, 0, 0};
            assertThat((rgb >> 16) & 255).isCloseTo(expected[0], within(4));
            assertThat((rgb >> 8) & 255).isCloseTo(expected[1], within(4));
            assertThat(rgb & 255).isCloseTo(expected[2], within(4));
        }
    }

    @Test
    void shouldBlackenMasksAndBlurOtherHeadsInBothImages() throws Exception {
        Still frame = still(PixelFormat.NV12, 640, 360, 60, 128, 128);
        List<ZoneConfig.Point> mask = List.of(
                new ZoneConfig.Point(0, 0.5),
                new ZoneConfig.Point(0.25, 0.5),
                new ZoneConfig.Point(0.25, 1),
                new ZoneConfig.Point(0, 1));
        StreamRulesConfig rules = new StreamRulesConfig(List.of(), List.of(mask), 0, List.of());
        try (SnapshotStore store = new SnapshotStore(config(true, 1 << 30), CLOCK)) {
            Incident.Snapshot snapshot = store(store, incident(1), frame, rules);
            for (String path : List.of(snapshot.path(), snapshot.drawnPath())) {
                BufferedImage picture = read(folder.resolve(path));
                assertThat(picture.getRGB(80, 250) & 255).as("masked").isLessThan(8);
                assertThat(picture.getRGB(400, 250) & 255).as("not masked").isGreaterThan(30);
                assertThat(contrast(picture, OWN)).as("own head").isGreaterThan(100);
                assertThat(contrast(picture, OTHER)).as("other head").isLessThan(30);
            }
        }
    }

    /** Largest difference of neighbours well inside a box. */
    private static int contrast(BufferedImage picture, BoundingBox box) {
        int largest = 0;
        for (int y = (int) box.y1() + 14; y < box.y2() - 14; y++) {
            for (int x = (int) box.x1() + 14; x < box.x2() - 14; x++) {
                int difference = (picture.getRGB(x, y) >> 8 & 255) - (picture.getRGB(x + 2, y) >> 8 & 255);
                largest = Math.max(largest, Math.abs(difference));
            }
        }
        return largest;
    }

    @Test
    void shouldDeleteTheOldestSnapshotsBeyondTheSizeAndTheAge() throws Exception {
        Still frame = still(PixelFormat.I420, 640, 360, 60, 128, 128);
        Path old = Files.createDirectories(folder.resolve("gate-9/2026-01-01")).resolve("old.jpg");
        Files.write(old, new byte[1_000]);
        Files.setLastModifiedTime(
                old, FileTime.fromMillis(Incidents.NOON - Duration.ofDays(2).toMillis()));
        Path other = Files.write(folder.resolve("notes.txt"), new byte[10]);
        Files.setLastModifiedTime(other, FileTime.fromMillis(0));
        try (SnapshotStore store = new SnapshotStore(config(false, 100_000), CLOCK)) {
            for (int number = 1; number <= 12; number++) {
                store(store, incident(number), frame, StreamRulesConfig.NONE);
            }
        }
        assertThat(old).doesNotExist();
        assertThat(other).exists();
        long bytes = 0;
        try (var files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                bytes += Files.size(file);
            }
        }
        assertThat(bytes).isBetween(20_000L, 120_000L);
        assertThat(folder.resolve("gate-3/2026-11-20/120002.240-no-helmet-in-pit-12.jpg"))
                .exists();
        assertThat(folder.resolve("gate-3/2026-11-20/120002.240-no-helmet-in-pit-1.jpg"))
                .doesNotExist();
    }

    /** A frame in device memory, of which only a copy can be read. */
    private static VideoFrame onDevice(Supplier<FrameLease> download) {
        Still shape = still(PixelFormat.NV12, 640, 360, 60, 128, 128);
        return proxy(VideoFrame.class, shape, Map.of("memory", () -> VideoFrame.Memory.CUDA, "download", download));
    }

    private static <T> T proxy(Class<T> type, VideoFrame frame, Map<String, Supplier<?>> answers) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    Supplier<?> answer = answers.get(method.getName());
                    return answer == null ? method.invoke(frame, arguments) : answer.get();
                }));
    }

    @Test
    void shouldStoreWhatADeviceGivesAsIfItHadBeenInHostMemoryAndGiveTheCopyBack() throws Exception {
        Still frame = still(PixelFormat.NV12, 640, 360, 100, 128, 128);
        AtomicInteger closed = new AtomicInteger();
        Supplier<FrameLease> copy = () -> proxy(FrameLease.class, frame, Map.of("close", () -> {
            closed.incrementAndGet();
            return null;
        }));
        try (SnapshotStore store = new SnapshotStore(config(false, 1 << 30), CLOCK)) {
            Incident.Snapshot host = store(store, incident(1), frame, StreamRulesConfig.NONE);
            Incident.Snapshot device = store(store, incident(2), onDevice(copy), StreamRulesConfig.NONE);
            assertThat(device.sha256()).isEqualTo(host.sha256());
            assertThat(device.drawnSha256()).isEqualTo(host.drawnSha256());
            assertThat(closed).hasValue(1);
        }
    }

    @Test
    void shouldCountFramesThatADeviceDoesNotDeliverAndContinue() throws Exception {
        Supplier<FrameLease> lost = () -> {
            throw new IllegalStateException("the device is gone");
        };
        Still frame = still(PixelFormat.NV12, 640, 360, 100, 128, 128);
        try (SnapshotStore store = new SnapshotStore(config(false, 1 << 30), CLOCK)) {
            for (int number = 1; number <= 6; number++) {
                assertThat(store(store, incident(number), onDevice(lost), StreamRulesConfig.NONE))
                        .isNull();
            }
            assertThat(store.failed()).isEqualTo(6);
            assertThat(store(store, incident(7), frame, StreamRulesConfig.NONE)).isNotNull();
        }
    }

    @Test
    void shouldStoreNoSnapshotAndCountWhenTheFolderCannotBeWritten() throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[1]);
        SnapshotConfig wrong = new SnapshotConfig(true, file, true, false, 85, Duration.ofDays(1), 1 << 30, null);
        Still frame = still(PixelFormat.I420, 640, 360, 60, 128, 128);
        try (SnapshotStore store = new SnapshotStore(wrong, CLOCK)) {
            assertThat(store(store, incident(1), frame, StreamRulesConfig.NONE)).isNull();
            assertThat(store.failed()).isEqualTo(1);
        }
    }

    /** The processor time is asserted, which other work on the machine disturbs less than the time on the clock. */
    @Test
    void shouldBlockTheCallerForNoLongerThanACopyTakes() throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        int pictures = 60;
        long[] nanos = new long[pictures];
        long[] processorNanos = new long[pictures];
        // More memory than caches hold, as with frames that come from a decoder.
        List<Still> frames = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            frames.add(still(PixelFormat.I420, 1920, 1080, 60 + i, 128, 128));
        }
        SnapshotConfig plain = new SnapshotConfig(true, folder, false, false, 50, Duration.ofDays(1), 1 << 30, null);
        try (SnapshotStore store = new SnapshotStore(plain, CLOCK)) {
            store.prepare(frames.get(0));
            // The store's thread makes room within its next look, once OpenCV is loaded.
            while (!store.isPrepared()) {
                Thread.sleep(10);
            }
            for (int i = 0; i < pictures; i++) {
                Still frame = frames.get(i % frames.size());
                FrameDetections shown = shown(frame);
                Incident incident = incident(i);
                long processorBegun = threads.getCurrentThreadCpuTime();
                long begun = System.nanoTime();
                Future<Incident.Snapshot> future = store.capture(incident, shown, frame, StreamRulesConfig.NONE);
                nanos[i] = System.nanoTime() - begun;
                processorNanos[i] = threads.getCurrentThreadCpuTime() - processorBegun;
                future.get(20, TimeUnit.SECONDS);
            }
            assertThat(store.skipped()).isZero();
        }
        Arrays.sort(nanos);
        Arrays.sort(processorNanos);
        System.out.printf(
                "1080p snapshot, hold of the caller over %d pictures: p50 %.2f ms, longest %.2f ms; processor time p50 %.2f ms, longest %.2f ms%n",
                pictures,
                nanos[pictures / 2] / 1e6,
                nanos[pictures - 1] / 1e6,
                processorNanos[pictures / 2] / 1e6,
                processorNanos[pictures - 1] / 1e6);
        assertThat(processorNanos[pictures - 1]).isLessThan(TimeUnit.MILLISECONDS.toNanos(2));
    }

    @Test
    void shouldSkipSnapshotsRatherThanHoldUpTheCallerAndSayItOnce() throws Exception {
        Still frame = still(PixelFormat.I420, 1920, 1080, 60, 128, 128);
        List<Future<Incident.Snapshot>> futures = new ArrayList<>();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Logger logger = (Logger) LoggerFactory.getLogger(SnapshotStore.class);
        logger.addAppender(log);
        try (SnapshotStore store = new SnapshotStore(config(false, 1 << 30), CLOCK)) {
            store(store, incident(1), frame, StreamRulesConfig.NONE);
            store.capture(incident(2), shown(frame), frame, StreamRulesConfig.NONE)
                    .get();
            long longest = 0;
            for (int number = 3; number < 23; number++) {
                long begun = System.nanoTime();
                futures.add(store.capture(incident(number), shown(frame), frame, StreamRulesConfig.NONE));
                longest = Math.max(longest, System.nanoTime() - begun);
            }
            for (Future<Incident.Snapshot> future : futures) {
                future.get(20, TimeUnit.SECONDS);
            }
            System.out.printf(
                    "1080p snapshot: longest hold of the caller %.2f ms, %d stored, %d left out%n",
                    longest / 1e6, store.stored(), store.skipped());
            assertThat(store.skipped()).isPositive();
            assertThat(store.stored() + store.skipped()).isEqualTo(22);
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .singleElement()
                .asString()
                .contains("Snapshot of incident gate-3/", "skipped", "4 snapshots are in progress");
    }
}
