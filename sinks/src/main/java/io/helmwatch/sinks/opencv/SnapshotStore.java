package io.helmwatch.sinks.opencv;

import io.helmwatch.config.SnapshotConfig;
import io.helmwatch.config.StreamRulesConfig;
import io.helmwatch.config.ZoneConfig;
import io.helmwatch.sinks.DetectionJson;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Rect;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the frame that decided an incident as JPEG, plain and with the boxes drawn. Masks are blackened, and other heads blurred where
 * that is asked for, before anything is encoded; what was not detected cannot be blurred.
 *
 * <p>The pipeline is held up by one copy of the frame's samples (about half a millisecond for 1080p, somewhat longer from a GPU, where only the
 * frames of incidents are downloaded) and by nothing else: at most {@value #COPIES} frames are in the making at a time, and while that
 * many are, further pictures are left out and counted. The memory for them is made ready beforehand on the store's thread, when
 * {@link #prepare} tells how large frames are.
 *
 * <p>Files: {@code STREAM/yyyy-MM-dd/HHmmss.SSS-RULE-NUMBER.jpg} and {@code …-drawn.jpg}, UTC of the deciding frame; they appear whole or
 * not at all. Deleted by age once an hour and by total size whenever it is passed.
 *
 * <p>Threading: {@link #take} by any thread; a thread of the store's own does the rest. Ownership: closing waits for the pictures
 * in the making, at most five seconds.
 */
public final class SnapshotStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);
    private static final int COPIES = 4;
    private static final long SWEEP_MILLIS = TimeUnit.HOURS.toMillis(1);
    private static final double SWEPT_TO = 0.95;
    private static final HexFormat HEX = HexFormat.of();

    private record Job(
            FrameCopy copy,
            Incident incident,
            FrameDetections frame,
            StreamRulesConfig rules,
            CompletableFuture<Incident.@Nullable Snapshot> result) {}

    private final SnapshotConfig config;
    private final Clock clock;
    private final BlockingQueue<FrameCopy> free = new ArrayBlockingQueue<>(COPIES);
    private final BlockingQueue<Job> jobs = new ArrayBlockingQueue<>(COPIES);
    private final LongAdder stored = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Thread thread;
    private final AtomicInteger wantedBytes = new AtomicInteger();
    private volatile boolean closing;

    /** Written by the thread only. */
    private volatile int reservedBytes;

    // Owned by the thread.
    private byte[] pixels = new byte[0];
    private long bytes;
    private long sweptMillis;
    private boolean sound = true;

    /** Starts the thread; nothing is written before the first picture. */
    public SnapshotStore(SnapshotConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
        for (int i = 0; i < COPIES; i++) {
            free.add(new FrameCopy());
        }
        thread = new Thread(this::run, "snapshots");
        thread.setDaemon(true);
        thread.start();
    }

    /** Frames like this one are to come; needed only during the call. Any thread. */
    public void prepare(VideoFrame frame) {
        wantedBytes.accumulateAndGet(FrameCopy.bytes(frame), Math::max);
    }

    /**
     * Takes a picture of an incident.
     *
     * @param incident the message that it belongs to
     * @param frame what the deciding frame showed
     * @param picture the deciding frame, needed only during the call
     * @param rules the stream's masks and zones
     * @return where it is once it is stored; null where there will be none
     */
    public Future<Incident.@Nullable Snapshot> take(
            Incident incident, FrameDetections frame, VideoFrame picture, StreamRulesConfig rules) {
        CompletableFuture<Incident.@Nullable Snapshot> result = new CompletableFuture<>();
        FrameCopy copy = closing ? null : free.poll();
        if (copy == null) {
            skipped.increment();
            result.complete(null);
            return result;
        }
        try {
            copy(picture, copy);
        } catch (RuntimeException e) {
            free.add(copy);
            failed.increment();
            result.complete(null);
            LOG.error("the picture of incident {} is missing: {}", incident.id(), e.toString());
            return result;
        }
        jobs.add(new Job(copy, incident, frame, rules, result));
        return result;
    }

    private static void copy(VideoFrame picture, FrameCopy copy) {
        if (picture.memory() == VideoFrame.Memory.HOST) {
            copy.take(picture);
        } else {
            try (FrameLease downloaded = picture.download()) {
                copy.take(downloaded);
            }
        }
    }

    /** Whether there is room for frames of the size that was told. Any thread. */
    public boolean isPrepared() {
        return reservedBytes >= wantedBytes.get();
    }

    /** Pictures stored. */
    public long stored() {
        return stored.sum();
    }

    /** Pictures left out because too many were in the making. */
    public long skipped() {
        return skipped.sum();
    }

    /** Pictures that could not be stored. */
    public long failed() {
        return failed.sum();
    }

    private void run() {
        warmUp();
        try {
            while (true) {
                reserve();
                Job job = jobs.poll(200, TimeUnit.MILLISECONDS);
                if (job == null) {
                    if (closing) {
                        return;
                    }
                    continue;
                }
                work(job);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Copies that are in use meanwhile get their memory when they come back. */
    private void reserve() {
        int wanted = wantedBytes.get();
        if (wanted > reservedBytes) {
            for (int i = 0; i < COPIES; i++) {
                // One at a time, so that a picture can be taken meanwhile.
                FrameCopy copy = free.poll();
                if (copy != null) {
                    copy.reserve(wanted);
                    free.add(copy);
                }
            }
            reservedBytes = wanted;
        }
    }

    /** OpenCV's libraries take a second to load; the first incident should not wait for them. */
    private void warmUp() {
        try (PointerScope scope = new PointerScope()) {
            encode(new Mat(8, 8, opencv_core.CV_8UC3, new Scalar(0, 0, 0, 0)));
        } catch (IOException | LinkageError e) {
            LOG.error("OpenCV cannot be used, incidents go without pictures: {}", e.toString());
        }
    }

    private void work(Job job) {
        try {
            job.result().complete(store(job));
            stored.increment();
            if (!sound) {
                sound = true;
                LOG.info("pictures of incidents are stored again");
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            failed.increment();
            job.result().complete(null);
            if (sound) {
                sound = false;
                LOG.error("pictures of incidents cannot be stored in {}: {}", config.directory(), e.toString());
            }
        } finally {
            job.copy().reserve(wantedBytes.get());
            free.add(job.copy());
        }
    }

    private Incident.Snapshot store(Job job) throws IOException {
        FrameCopy copy = job.copy();
        int size = 3 * copy.width() * copy.height();
        if (pixels.length < size) {
            pixels = new byte[size];
        }
        copy.toBgr(pixels);
        byte[] plain;
        byte[] drawn = null;
        try (PointerScope scope = new PointerScope()) {
            Mat picture = new Mat(copy.height(), copy.width(), opencv_core.CV_8UC3);
            picture.data().put(pixels, 0, size);
            if (config.blurOthers()) {
                blurOthers(picture, job);
            }
            for (List<ZoneConfig.Point> mask : job.rules().masks()) {
                blacken(picture, mask);
            }
            plain = encode(picture);
            if (config.drawn()) {
                draw(picture, job);
                drawn = encode(picture);
            }
        }
        String path = path(job.incident());
        write(path + ".jpg", plain);
        String drawnPath = null;
        if (drawn != null) {
            drawnPath = path + "-drawn.jpg";
            write(drawnPath, drawn);
        }
        sweep();
        return new Incident.Snapshot(
                told(path + ".jpg"),
                sha256(plain),
                drawnPath == null ? null : told(drawnPath),
                drawn == null ? null : sha256(drawn));
    }

    private String told(String path) {
        return config.urlPrefix() == null ? path : config.urlPrefix() + path;
    }

    private static String path(Incident incident) {
        String time = DetectionJson.time(incident.decidedAtMillis());
        String number = incident.id().substring(incident.id().lastIndexOf('/') + 1);
        return incident.stream() + "/" + time.substring(0, 10) + "/"
                + time.substring(11, 23).replace(":", "") + "-" + incident.rule() + "-" + number;
    }

    private void write(String path, byte[] jpeg) throws IOException {
        Path file = config.directory().resolve(path);
        Files.createDirectories(file.getParent());
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.write(
                    part,
                    jpeg,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.SYNC);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            Files.deleteIfExists(part);
            throw e;
        }
        bytes += jpeg.length;
    }

    private byte[] encode(Mat picture) throws IOException {
        BytePointer jpeg = new BytePointer();
        IntPointer parameters = new IntPointer(opencv_imgcodecs.IMWRITE_JPEG_QUALITY, config.quality());
        if (!opencv_imgcodecs.imencode(".jpg", picture, jpeg, parameters)) {
            throw new IOException("OpenCV did not encode the picture");
        }
        byte[] encoded = new byte[(int) jpeg.limit()];
        jpeg.get(encoded);
        return encoded;
    }

    private static void blacken(Mat picture, List<ZoneConfig.Point> polygon) {
        opencv_imgproc.fillPoly(
                picture,
                corners(picture, polygon),
                new IntPointer(new int[] {polygon.size()}),
                1,
                new Scalar(0, 0, 0, 0),
                opencv_imgproc.LINE_8,
                0,
                new Point(0, 0));
    }

    private static Point corners(Mat picture, List<ZoneConfig.Point> polygon) {
        Point corners = new Point(polygon.size());
        for (int i = 0; i < polygon.size(); i++) {
            corners.position(i)
                    .x((int) Math.round(polygon.get(i).x() * picture.cols()))
                    .y((int) Math.round(polygon.get(i).y() * picture.rows()));
        }
        return corners.position(0);
    }

    /** The boxes of the incident's own heads are in its positions; every other head is made unrecognisable. */
    private static void blurOthers(Mat picture, Job job) {
        for (Detection detection : job.frame().detections()) {
            if (!isMeant(job.incident(), detection.sourceBox())) {
                Rect head = clipped(picture, detection.sourceBox(), 0.15f);
                if (head != null) {
                    Mat region = picture.apply(head);
                    int side = Math.max(head.width(), head.height()) | 1;
                    opencv_imgproc.GaussianBlur(region, region, new Size(side, side), 0);
                }
            }
        }
    }

    private static boolean isMeant(Incident incident, BoundingBox box) {
        for (Incident.Position position : incident.positions()) {
            BoundingBox own = position.sourceBox();
            float width = Math.min(own.x2(), box.x2()) - Math.max(own.x1(), box.x1());
            float height = Math.min(own.y2(), box.y2()) - Math.max(own.y1(), box.y1());
            if (width > 0 && height > 0 && width * height > 0.5f * Math.min(own.area(), box.area())) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable Rect clipped(Mat picture, BoundingBox box, float margin) {
        int x1 = Math.max(0, Math.round(box.x1() - margin * box.width()));
        int y1 = Math.max(0, Math.round(box.y1() - margin * box.height()));
        int x2 = Math.min(picture.cols(), Math.round(box.x2() + margin * box.width()));
        int y2 = Math.min(picture.rows(), Math.round(box.y2() + margin * box.height()));
        return x2 <= x1 || y2 <= y1 ? null : new Rect(x1, y1, x2 - x1, y2 - y1);
    }

    private static void draw(Mat picture, Job job) {
        Scalar red = new Scalar(40, 40, 230, 0);
        Scalar gray = new Scalar(200, 200, 200, 0);
        Scalar white = new Scalar(255, 255, 255, 0);
        Incident incident = job.incident();
        int thickness = Math.max(1, picture.rows() / 400);
        double letters = picture.rows() / 900.0;
        for (ZoneConfig zone : job.rules().zones()) {
            if (zone.name().equals(incident.zone())) {
                opencv_imgproc.polylines(
                        picture,
                        corners(picture, zone.polygon()),
                        new IntPointer(new int[] {zone.polygon().size()}),
                        1,
                        true,
                        white,
                        thickness,
                        opencv_imgproc.LINE_AA,
                        0);
            }
        }
        for (Detection detection : job.frame().detections()) {
            boolean meant = isMeant(incident, detection.sourceBox());
            Rect box = clipped(picture, detection.sourceBox(), 0);
            if (box != null) {
                opencv_imgproc.rectangle(
                        picture, box, meant ? red : gray, meant ? 2 * thickness : thickness, opencv_imgproc.LINE_AA, 0);
                if (meant) {
                    text(
                            picture,
                            detection.label() + " " + Math.round(100 * detection.confidence()) + "%",
                            box.x(),
                            box.y() - 2 * thickness,
                            letters,
                            red);
                }
            }
        }
        String caption =
                incident.stream() + "  " + incident.rule() + "  " + DetectionJson.time(incident.decidedAtMillis());
        text(picture, caption, 4 * thickness, picture.rows() - 4 * thickness, letters, white);
    }

    /** With a dark rim, so that it can be read on any ground. */
    private static void text(Mat picture, String text, int x, int y, double size, Scalar color) {
        int thickness = Math.max(1, (int) Math.round(size * 2));
        Point at = new Point(x, Math.max((int) Math.ceil(22 * size), y));
        Scalar rim = new Scalar(0, 0, 0, 0);
        opencv_imgproc.putText(
                picture,
                text,
                at,
                opencv_imgproc.FONT_HERSHEY_SIMPLEX,
                size,
                rim,
                3 * thickness,
                opencv_imgproc.LINE_AA,
                false);
        opencv_imgproc.putText(
                picture,
                text,
                at,
                opencv_imgproc.FONT_HERSHEY_SIMPLEX,
                size,
                color,
                thickness,
                opencv_imgproc.LINE_AA,
                false);
    }

    private static String sha256(byte[] data) {
        try {
            return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private record Stored(Path file, long millis, long bytes) {}

    /** Deletes what is too old or too much; looks at the folder at the first picture, once an hour, and when there is too much. */
    private void sweep() throws IOException {
        long now = clock.millis();
        if (sweptMillis != 0 && now - sweptMillis < SWEEP_MILLIS && bytes <= config.maxBytes()) {
            return;
        }
        sweptMillis = now;
        List<Stored> files = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(config.directory())) {
            for (Path file : (Iterable<Path>) walk::iterator) {
                if (file.toString().endsWith(".jpg") && Files.isRegularFile(file)) {
                    files.add(new Stored(file, Files.getLastModifiedTime(file).toMillis(), Files.size(file)));
                }
            }
        }
        files.sort(Comparator.comparingLong(Stored::millis));
        bytes = files.stream().mapToLong(Stored::bytes).sum();
        boolean tooMuch = bytes > config.maxBytes();
        for (Stored file : files) {
            boolean tooOld = now - file.millis() > config.keep().toMillis();
            if (!tooOld && !(tooMuch && bytes > SWEPT_TO * config.maxBytes())) {
                break;
            }
            Files.deleteIfExists(file.file());
            bytes -= file.bytes();
        }
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
