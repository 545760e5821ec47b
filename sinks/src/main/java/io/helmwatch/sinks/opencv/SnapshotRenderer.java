package io.helmwatch.sinks.opencv;

import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.util.List;
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

/**
 * Renders a frame as JPEG, plain and with the boxes drawn. Masks are blackened, and other heads blurred where configured, before
 * anything is encoded; heads that were not detected cannot be blurred.
 *
 * <p>Threading: one thread.
 */
final class SnapshotRenderer {
    /** Margin around a blurred head, as a fraction of its box. */
    static final float BLUR_MARGIN = 0.15f;

    static final Color BLACK = new Color(0, 0, 0);
    static final Color WHITE = new Color(255, 255, 255);
    static final Color RED = new Color(230, 40, 40);
    static final Color GRAY = new Color(200, 200, 200);

    /** A colour, which becomes native only where it is used. */
    record Color(int red, int green, int blue) {
        Scalar toScalar() {
            return new Scalar(blue, green, red, 0);
        }
    }

    private final SnapshotConfig config;
    private final BgrPixels pixels = new BgrPixels();

    SnapshotRenderer(SnapshotConfig config) {
        this.config = config;
    }

    /**
     * The encoded images.
     *
     * @param plain the frame
     * @param drawn the frame with zone, boxes and caption; null where not configured
     */
    record Images(byte[] plain, byte @Nullable [] drawn) {}

    /** Loads OpenCV, which takes about a second. */
    void warmUp() throws IOException {
        try (PointerScope scope = new PointerScope()) {
            encode(new Mat(8, 8, opencv_core.CV_8UC3, new Scalar(0, 0, 0, 0)));
        }
    }

    Images render(FrameCopy copy, Incident incident, FrameDetections frame, StreamRulesConfig rules)
            throws IOException {
        pixels.load(copy);
        try (PointerScope scope = new PointerScope()) {
            Mat image = pixels.image();
            if (config.blurOthers()) {
                blurOthers(image, incident, frame);
            }
            for (List<ZoneConfig.Point> mask : rules.masks()) {
                fill(image, mask);
            }
            byte[] plain = encode(image);
            byte[] drawn = null;
            if (config.drawn()) {
                draw(image, incident, frame, rules);
                drawn = encode(image);
            }
            return new Images(plain, drawn);
        }
    }

    private byte[] encode(Mat image) throws IOException {
        return encode(image, config.quality());
    }

    static byte[] encode(Mat image, int quality) throws IOException {
        BytePointer jpeg = new BytePointer();
        IntPointer parameters = new IntPointer(opencv_imgcodecs.IMWRITE_JPEG_QUALITY, quality);
        if (!opencv_imgcodecs.imencode(".jpg", image, jpeg, parameters)) {
            throw new IOException("OpenCV cannot encode a JPEG of " + image.cols() + "x" + image.rows());
        }
        byte[] encoded = new byte[(int) jpeg.limit()];
        jpeg.get(encoded);
        return encoded;
    }

    static void fill(Mat image, List<ZoneConfig.Point> polygon) {
        fill(image, polygon, BLACK.toScalar());
    }

    static void fill(Mat image, List<ZoneConfig.Point> polygon, Scalar value) {
        opencv_imgproc.fillPoly(
                image,
                corners(image, polygon),
                new IntPointer(new int[] {polygon.size()}),
                1,
                value,
                opencv_imgproc.LINE_8,
                0,
                new Point(0, 0));
    }

    private static Point corners(Mat image, List<ZoneConfig.Point> polygon) {
        Point corners = new Point(polygon.size());
        for (int i = 0; i < polygon.size(); i++) {
            corners.position(i)
                    .x((int) Math.round(polygon.get(i).x() * image.cols()))
                    .y((int) Math.round(polygon.get(i).y() * image.rows()));
        }
        return corners.position(0);
    }

    private static void blurOthers(Mat image, Incident incident, FrameDetections frame) {
        for (Detection detection : frame.detections()) {
            if (!isSubject(incident, detection.sourceBox())) {
                blur(image, detection.sourceBox(), BLUR_MARGIN);
            }
        }
    }

    /**
     * Blurs a head beyond recognition.
     *
     * @param margin around its box, as a fraction of the box
     */
    static void blur(Mat image, BoundingBox sourceBox, float margin) {
        Rect head = clip(image, sourceBox, margin);
        if (head != null) {
            Mat region = image.apply(head);
            int side = Math.max(head.width(), head.height()) | 1;
            opencv_imgproc.GaussianBlur(region, region, new Size(side, side), 0);
        }
    }

    /** Whether a box is one of the incident's own heads, which are in its positions. */
    private static boolean isSubject(Incident incident, BoundingBox box) {
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

    static @Nullable Rect clip(Mat image, BoundingBox box, float margin) {
        int x1 = Math.max(0, Math.round(box.x1() - margin * box.width()));
        int y1 = Math.max(0, Math.round(box.y1() - margin * box.height()));
        int x2 = Math.min(image.cols(), Math.round(box.x2() + margin * box.width()));
        int y2 = Math.min(image.rows(), Math.round(box.y2() + margin * box.height()));
        return x2 <= x1 || y2 <= y1 ? null : new Rect(x1, y1, x2 - x1, y2 - y1);
    }

    private static void draw(Mat image, Incident incident, FrameDetections frame, StreamRulesConfig rules) {
        int thickness = Math.max(1, image.rows() / 400);
        double textSize = image.rows() / 900.0;
        for (ZoneConfig zone : rules.zones()) {
            if (zone.name().equals(incident.zone())) {
                outline(image, zone.polygon(), thickness);
            }
        }
        for (Detection detection : frame.detections()) {
            Rect box = clip(image, detection.sourceBox(), 0);
            if (box == null) {
                continue;
            }
            if (isSubject(incident, detection.sourceBox())) {
                rectangle(image, box, RED, 2 * thickness);
                String caption = detection.label() + " " + Math.round(100 * detection.confidence()) + "%";
                text(image, caption, box.x(), box.y() - 2 * thickness, textSize, RED);
            } else {
                rectangle(image, box, GRAY, thickness);
            }
        }
        String caption =
                incident.stream() + "  " + incident.rule() + "  " + EventTime.format(incident.decidedAtMillis());
        text(image, caption, 4 * thickness, image.rows() - 4 * thickness, textSize, WHITE);
    }

    static void outline(Mat image, List<ZoneConfig.Point> polygon, int thickness) {
        outline(image, polygon, thickness, WHITE);
    }

    static void outline(Mat image, List<ZoneConfig.Point> polygon, int thickness, Color color) {
        opencv_imgproc.polylines(
                image,
                corners(image, polygon),
                new IntPointer(new int[] {polygon.size()}),
                1,
                true,
                color.toScalar(),
                thickness,
                opencv_imgproc.LINE_AA,
                0);
    }

    static void rectangle(Mat image, Rect box, Color color, int thickness) {
        opencv_imgproc.rectangle(image, box, color.toScalar(), thickness, opencv_imgproc.LINE_AA, 0);
    }

    /** With a dark outline, so that it is readable on any background. */
    static void text(Mat image, String text, int x, int y, double size, Color color) {
        int thickness = Math.max(1, (int) Math.round(size * 2));
        Point at = new Point(x, Math.max((int) Math.ceil(22 * size), y));
        putText(image, text, at, size, BLACK, 3 * thickness);
        putText(image, text, at, size, color, thickness);
    }

    private static void putText(Mat image, String text, Point at, double size, Color color, int thickness) {
        opencv_imgproc.putText(
                image,
                text,
                at,
                opencv_imgproc.FONT_HERSHEY_SIMPLEX,
                size,
                color.toScalar(),
                thickness,
                opencv_imgproc.LINE_AA,
                false);
    }
}
