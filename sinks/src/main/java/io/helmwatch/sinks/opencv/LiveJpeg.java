package io.helmwatch.sinks.opencv;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;

/**
 * Frames of one stream as JPEG for people who watch it: masks are blackened, and heads blurred where wanted, before anything is encoded.
 * Larger frames are scaled down.
 *
 * <p>The pipeline's thread copies a frame, as for a snapshot (about half a millisecond for 1080p); another one encodes it. There is one copy:
 * while it is being encoded no frame is captured. Its memory is allocated by the encoding thread once the size of frames is known.
 *
 * <p>Threading: {@link #capture} by one thread, {@link #encode} and {@link #prepare} by another.
 */
public final class LiveJpeg {
    private static final int QUALITY = 80;
    private static final float BLUR_MARGIN = 0.25f;

    private final int maxWidth;
    private final FrameCopy copy = new FrameCopy();
    /** Whether the copy belongs to the encoding thread. */
    private final AtomicBoolean captured = new AtomicBoolean();

    private volatile int requestedBytes;
    private volatile int reservedBytes;
    private final BgrPixels pixels = new BgrPixels();

    /**
     * Loads OpenCV; does nothing where it is loaded.
     *
     * @throws LinkageError when it cannot be loaded
     */
    public static void load() {
        Loader.load(opencv_core.class);
        Loader.load(opencv_imgproc.class);
        Loader.load(opencv_imgcodecs.class);
    }

    /** Frames wider than this are scaled down to it. */
    public LiveJpeg(int maxWidth) {
        this.maxWidth = maxWidth;
    }

    /**
     * Copies a frame unless the one before is still in work or memory is not allocated yet.
     *
     * @param frame needed only during the call
     * @return whether it was copied
     * @throws RuntimeException when a frame in device memory cannot be downloaded
     */
    public boolean capture(VideoFrame frame) {
        if (captured.get()) {
            return false;
        }
        int bytes = FrameCopy.bytes(frame);
        if (bytes > reservedBytes) {
            requestedBytes = bytes;
            return false;
        }
        SnapshotStore.copy(frame, copy);
        captured.set(true);
        return true;
    }

    /** Allocates memory for frames of the size seen last; does nothing where there is enough. */
    public void prepare() {
        int requested = requestedBytes;
        if (requested > reservedBytes && !captured.get()) {
            copy.reserve(requested);
            reservedBytes = requested;
        }
    }

    /**
     * Encodes the captured frame, and lets the next one be captured.
     *
     * @param masks polygons that are blackened
     * @param blurred boxes in source pixels that are blurred with a margin
     */
    public byte[] encode(List<List<ZoneConfig.Point>> masks, List<BoundingBox> blurred) throws IOException {
        if (!captured.get()) {
            throw new IllegalStateException("no frame was captured");
        }
        try {
            pixels.load(copy);
        } finally {
            captured.set(false);
        }
        try (PointerScope scope = new PointerScope()) {
            Mat image = pixels.image();
            for (BoundingBox box : blurred) {
                SnapshotRenderer.blur(image, box, BLUR_MARGIN);
            }
            Mat shown = scaled(image);
            masks.forEach(mask -> SnapshotRenderer.fill(shown, mask));
            return SnapshotRenderer.encode(shown, QUALITY);
        }
    }

    private Mat scaled(Mat image) {
        if (image.cols() <= maxWidth) {
            return image;
        }
        int rows = Math.max(1, Math.round((float) image.rows() * maxWidth / image.cols()));
        Mat smaller = new Mat();
        opencv_imgproc.resize(image, smaller, new Size(maxWidth, rows), 0, 0, opencv_imgproc.INTER_AREA);
        return smaller;
    }
}
