package io.helmwatch.sinks.opencv;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.opencv_core.Mat;
import org.jspecify.annotations.Nullable;

/**
 * A frame that is taken in passing and encoded later: the taking costs one copy of its samples, from device memory a download too. Reused for
 * frames of any stream.
 *
 * <p>Threading: taken by one thread, then encoded by one, with a happens-before between them.
 */
public final class StillFrame {
    private static final int JPEG_QUALITY = 85;

    private final FrameCopy copy = new FrameCopy();
    private final BgrPixels pixels = new BgrPixels();

    /** Copies a frame, which is needed only during the call. */
    public void take(VideoFrame frame) {
        SnapshotStore.copy(frame, copy);
    }

    /**
     * The frame as JPEG; masks are blackened, and heads blurred where asked for, before anything is encoded.
     *
     * @param rules masks, and zones to draw
     * @param detections of the frame
     * @param isBlurred whether every detected head is blurred
     * @param drawn labels of the boxes that are drawn, with the zones; null draws nothing
     * @throws IOException when it cannot be encoded
     */
    public byte[] jpeg(
            StreamRulesConfig rules, List<Detection> detections, boolean isBlurred, @Nullable TrackingConfig drawn)
            throws IOException {
        pixels.load(copy);
        try (PointerScope scope = new PointerScope()) {
            Mat image = pixels.image();
            if (isBlurred) {
                detections.forEach(
                        detection -> SnapshotRenderer.blur(image, detection.sourceBox(), SnapshotRenderer.BLUR_MARGIN));
            }
            for (List<ZoneConfig.Point> mask : rules.masks()) {
                SnapshotRenderer.fill(image, mask);
            }
            if (drawn != null) {
                new FrameDrawing(rules, drawn, false).draw(image, detections);
            }
            return SnapshotRenderer.encode(image, JPEG_QUALITY);
        }
    }
}
