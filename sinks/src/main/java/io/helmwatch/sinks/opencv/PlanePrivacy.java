package io.helmwatch.sinks.opencv;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.vision.BoundingBox;
import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;

/**
 * Blackens masks and blurs heads in the planes of a frame before it is encoded as video, without converting its colours.
 *
 * <p>Threading: any thread; without state.
 */
public final class PlanePrivacy {
    /** Black, and no colour, of samples in the limited range. */
    private static final int BLACK_LUMA = 16;

    private static final int NO_CHROMA = 128;
    /** Margin around a blurred head, as a fraction of its box. */
    private static final float BLUR_MARGIN = 0.25f;

    private PlanePrivacy() {}

    /**
     * Changes one plane.
     *
     * @param samples of 8 bits in direct memory, rows {@code strideBytes} apart
     * @param width samples of a row
     * @param height rows
     * @param isLuma whether the samples are luma, else chroma
     * @param masks polygons that are blackened
     * @param blurred boxes that are blurred with a margin, in samples of this plane
     */
    public static void apply(
            ByteBuffer samples,
            int width,
            int height,
            int strideBytes,
            boolean isLuma,
            List<List<ZoneConfig.Point>> masks,
            List<BoundingBox> blurred) {
        try (PointerScope scope = new PointerScope()) {
            Mat plane = new Mat(height, width, opencv_core.CV_8UC1, new BytePointer(samples), strideBytes);
            for (BoundingBox box : blurred) {
                Rect head = SnapshotRenderer.clip(plane, box, BLUR_MARGIN);
                if (head != null) {
                    Mat region = plane.apply(head);
                    int side = Math.max(head.width(), head.height()) | 1;
                    opencv_imgproc.GaussianBlur(region, region, new Size(side, side), 0);
                }
            }
            Scalar black = new Scalar(isLuma ? BLACK_LUMA : NO_CHROMA);
            masks.forEach(mask -> SnapshotRenderer.fill(plane, mask, black));
        }
    }
}
