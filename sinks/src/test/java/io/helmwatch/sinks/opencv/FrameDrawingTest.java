package io.helmwatch.sinks.opencv;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.PixelFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameDrawingTest {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    private static final List<Integer> GREEN_FRAME = List.of(16, 96, 32);

    private final List<byte[]> images = new ArrayList<>();

    @Test
    void shouldDrawNothingUnasked() throws IOException {
        draw(StreamRulesConfig.NONE, List.of(), List.of(), List.of());

        assertThat(pixel(320, 240)).isEqualTo(GREEN_FRAME);
        assertThat(pixel(0, 0)).isEqualTo(GREEN_FRAME);
    }

    @Test
    void shouldBlackenMasksBeforeAnythingElse() throws IOException {
        List<ZoneConfig.Point> mask = List.of(point(0.5, 0.5), point(1, 0.5), point(1, 1), point(0.5, 1));
        StreamRulesConfig masked = new StreamRulesConfig(List.of(), List.of(mask), 0, List.of());

        draw(masked, List.of(new Detection("head", 0.9f, new BoundingBox(400, 300, 500, 400))), List.of(), List.of());

        assertThat(pixel(450, 350)).isEqualTo(List.of(0, 0, 0));
        assertThat(pixel(100, 100)).isEqualTo(GREEN_FRAME);
        // The box of a bare head, in red over the mask.
        assertThat(pixel(400, 350).get(0)).isGreaterThan(200);
    }

    @Test
    void shouldDrawMarksAroundTheirBoxesAndHighlightedOnesInRed() throws IOException {
        draw(
                StreamRulesConfig.NONE,
                List.of(),
                List.of(
                        new FrameDrawing.Mark(new BoundingBox(100, 100, 200, 200), "#1", false),
                        new FrameDrawing.Mark(new BoundingBox(400, 100, 500, 200), "#2", true)),
                List.of());

        // The margin is an eighth.
        assertThat(pixel(88, 150)).allMatch(value -> value > 200);
        assertThat(pixel(388, 150).get(0)).isGreaterThan(200);
        assertThat(pixel(388, 150).get(1)).isLessThan(90);
        assertThat(pixel(150, 150)).isEqualTo(GREEN_FRAME);
    }

    @Test
    void shouldWriteLinesOneBelowTheOther() throws IOException {
        draw(StreamRulesConfig.NONE, List.of(), List.of(), List.of("MMMMMMMM", "MMMMMMMM"));

        assertThat(whitePixels(0, 20)).isPositive();
        assertThat(whitePixels(20, 40)).isPositive();
        assertThat(whitePixels(60, HEIGHT)).isZero();
    }

    private static ZoneConfig.Point point(double x, double y) {
        return new ZoneConfig.Point(x, y);
    }

    private void draw(
            StreamRulesConfig rules, List<Detection> detections, List<FrameDrawing.Mark> marks, List<String> lines)
            throws IOException {
        SnapshotStoreTest.Still frame = SnapshotStoreTest.still(
                PixelFormat.RGB24, WIDTH, HEIGHT, GREEN_FRAME.get(0), GREEN_FRAME.get(1), GREEN_FRAME.get(2));
        new FrameDrawing(rules, TrackingConfig.DEFAULT, false)
                .draw(frame, detections, marks, lines, (bgr, width, height) -> {
                    assertThat(width).isEqualTo(WIDTH);
                    assertThat(height).isEqualTo(HEIGHT);
                    byte[] copy = new byte[3 * width * height];
                    bgr.get(copy);
                    images.add(copy);
                });
    }

    /** Red, green, blue. */
    private List<Integer> pixel(int x, int y) {
        int at = 3 * (y * WIDTH + x);
        byte[] image = images.get(0);
        return List.of(image[at + 2] & 0xff, image[at + 1] & 0xff, image[at] & 0xff);
    }

    private long whitePixels(int fromRow, int toRow) {
        long white = 0;
        for (int y = fromRow; y < toRow; y++) {
            for (int x = 0; x < WIDTH; x++) {
                if (pixel(x, y).stream().allMatch(value -> value > 240)) {
                    white++;
                }
            }
        }
        return white;
    }
}
