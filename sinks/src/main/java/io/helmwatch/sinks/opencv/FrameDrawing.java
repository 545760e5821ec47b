package io.helmwatch.sinks.opencv;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;

/**
 * Draws what a frame shows and where rules look: boxes with labels, zones with names, masks, and on request a grid of the coordinates
 * 0 to 1 that zones are configured in, marks and lines of text. For people who set up a camera; not for the hot path.
 *
 * <p>Threading: one thread at a time. Errors: {@link IOException} when the image cannot be encoded.
 */
public final class FrameDrawing {
    private static final int JPEG_QUALITY = 90;
    private static final int GRID_STEPS = 10;
    /** Pixels at text size 1. */
    private static final int LINE_HEIGHT = 32;
    /** Distance of a mark from its box, as a fraction of the box, so that both can be seen. */
    private static final float MARK_MARGIN = 0.12f;

    private static final SnapshotRenderer.Color GREEN = new SnapshotRenderer.Color(60, 200, 80);
    private static final SnapshotRenderer.Color YELLOW = new SnapshotRenderer.Color(250, 210, 60);

    private final StreamRulesConfig rules;
    private final TrackingConfig tracking;
    private final boolean grid;
    private final FrameCopy copy = new FrameCopy();
    private final BgrPixels pixels = new BgrPixels();

    /**
     * Creates a drawing for the frames of one stream.
     *
     * @param rules zones and masks
     * @param tracking labels of helmets, drawn green, and of bare heads, drawn red; others are grey
     * @param grid whether the coordinate grid is drawn
     */
    public FrameDrawing(StreamRulesConfig rules, TrackingConfig tracking, boolean grid) {
        this.rules = rules;
        this.tracking = tracking;
        this.grid = grid;
    }

    /**
     * A rectangle of its own beside the detections, e.g. of a track.
     *
     * @param sourceBox in source pixels
     * @param caption drawn below it
     * @param highlighted whether it is drawn wide and red instead of thin and white
     */
    public record Mark(BoundingBox sourceBox, String caption, boolean highlighted) {}

    /** Receives a drawn image. */
    @FunctionalInterface
    public interface ImageReceiver {
        /**
         * Takes the image.
         *
         * @param bgr rows of B, G, R bytes without padding, valid only during the call
         */
        void accept(BytePointer bgr, int width, int height) throws IOException;
    }

    /** The frame as JPEG with everything drawn; masked parts are dimmed, since no rule looks there. */
    public byte[] jpeg(VideoFrame frame, List<Detection> detections) throws IOException {
        load(frame);
        try (PointerScope scope = new PointerScope()) {
            Mat image = pixels.image();
            dimMasks(image);
            draw(image, detections, List.of(), List.of());
            return SnapshotRenderer.encode(image, JPEG_QUALITY);
        }
    }

    /**
     * Passes on the frame with everything drawn; masked parts are black, since clips are kept and shown to others.
     *
     * @param marks drawn over the detections
     * @param lines of text at the top
     */
    public void draw(
            VideoFrame frame, List<Detection> detections, List<Mark> marks, List<String> lines, ImageReceiver receiver)
            throws IOException {
        load(frame);
        try (PointerScope scope = new PointerScope()) {
            Mat image = pixels.image();
            rules.masks().forEach(mask -> SnapshotRenderer.fill(image, mask));
            draw(image, detections, marks, lines);
            receiver.accept(image.data(), image.cols(), image.rows());
        }
    }

    private void load(VideoFrame frame) {
        SnapshotStore.copy(frame, copy);
        pixels.load(copy);
    }

    private void draw(Mat image, List<Detection> detections, List<Mark> marks, List<String> lines) {
        int thickness = Math.max(1, image.rows() / 400);
        double textSize = Math.max(0.35, image.rows() / 900.0);
        if (grid) {
            drawGrid(image, textSize);
        }
        for (ZoneConfig zone : rules.zones()) {
            drawZone(image, zone, 2 * thickness, textSize);
        }
        for (Detection detection : detections) {
            drawBox(image, detection, thickness, textSize);
        }
        for (Mark mark : marks) {
            drawMark(image, mark, thickness, textSize);
        }
        int lineHeight = (int) Math.ceil(LINE_HEIGHT * textSize);
        for (int i = 0; i < lines.size(); i++) {
            SnapshotRenderer.text(
                    image, lines.get(i), 4 * thickness, (i + 1) * lineHeight, textSize, SnapshotRenderer.WHITE);
        }
    }

    private static void drawMark(Mat image, Mark mark, int thickness, double textSize) {
        Rect box = SnapshotRenderer.clip(image, mark.sourceBox(), MARK_MARGIN);
        if (box == null) {
            return;
        }
        SnapshotRenderer.Color color = mark.highlighted() ? SnapshotRenderer.RED : SnapshotRenderer.WHITE;
        SnapshotRenderer.rectangle(image, box, color, mark.highlighted() ? 4 * thickness : thickness);
        int below = box.y() + box.height() + (int) Math.ceil(LINE_HEIGHT * textSize);
        SnapshotRenderer.text(image, mark.caption(), box.x(), Math.min(image.rows() - 2, below), textSize, color);
    }

    /** Draws grid, zones and boxes. */
    void draw(Mat image, List<Detection> detections) {
        draw(image, detections, List.of(), List.of());
    }

    private void dimMasks(Mat image) {
        if (rules.masks().isEmpty()) {
            return;
        }
        Mat dimmed = image.clone();
        rules.masks().forEach(mask -> SnapshotRenderer.fill(dimmed, mask));
        opencv_core.addWeighted(dimmed, 0.75, image, 0.25, 0, image);
    }

    private static void drawGrid(Mat image, double textSize) {
        for (int i = 1; i < GRID_STEPS; i++) {
            double at = (double) i / GRID_STEPS;
            line(image, at, 0, at, 1);
            line(image, 0, at, 1, at);
            String label = String.format(Locale.ROOT, "%.1f", at);
            int x = (int) Math.round(at * image.cols());
            int y = (int) Math.round(at * image.rows());
            SnapshotRenderer.text(image, label, x + 2, 0, textSize, SnapshotRenderer.WHITE);
            SnapshotRenderer.text(image, label, 2, y - 2, textSize, SnapshotRenderer.WHITE);
        }
    }

    private static void line(Mat image, double x1, double y1, double x2, double y2) {
        List<ZoneConfig.Point> ends = List.of(new ZoneConfig.Point(x1, y1), new ZoneConfig.Point(x2, y2));
        SnapshotRenderer.outline(image, ends, 1, SnapshotRenderer.GRAY);
    }

    private static void drawZone(Mat image, ZoneConfig zone, int thickness, double textSize) {
        SnapshotRenderer.outline(image, zone.polygon(), thickness, YELLOW);
        ZoneConfig.Point first = zone.polygon().get(0);
        SnapshotRenderer.text(
                image,
                zone.name(),
                (int) Math.round(first.x() * image.cols()) + 2 * thickness,
                (int) Math.round(first.y() * image.rows()) - 2 * thickness,
                textSize,
                YELLOW);
    }

    private void drawBox(Mat image, Detection detection, int thickness, double textSize) {
        BoundingBox source = detection.sourceBox();
        Rect box = SnapshotRenderer.clip(image, source, 0);
        if (box == null) {
            return;
        }
        SnapshotRenderer.Color color = color(detection.label());
        SnapshotRenderer.rectangle(image, box, color, 2 * thickness);
        String caption = detection.label() + " " + Math.round(100 * detection.confidence()) + "%";
        SnapshotRenderer.text(image, caption, box.x(), box.y() - 2 * thickness, textSize, color);
    }

    private SnapshotRenderer.Color color(String label) {
        if (tracking.bareHeadLabels().contains(label)) {
            return SnapshotRenderer.RED;
        }
        return tracking.helmetLabels().contains(label) ? GREEN : SnapshotRenderer.GRAY;
    }
}
