package io.helmwatch.postprocess;

import io.helmwatch.config.inference.ModelConfig;

/**
 * Thresholds between raw predictions and detections.
 *
 * @param confidence minimum objectness times class probability, 0..1
 * @param iou overlap above which the weaker of two boxes is suppressed, 0..1
 * @param maxDetections maximum boxes per frame, at least 1
 * @param classAgnostic whether boxes of different classes suppress each other
 */
public record NmsSettings(float confidence, float iou, int maxDetections, boolean classAgnostic) {

    /** As in detect.py of YOLOv5, with 300 boxes: confidence 0.25, IoU 0.45, per class. */
    public static final NmsSettings DEFAULT = new NmsSettings(0.25f, 0.45f, 300, false);

    /** For average precision: confidence 0.001, IoU 0.6, 300 boxes, per class. */
    public static final NmsSettings EVALUATION = new NmsSettings(0.001f, 0.6f, 300, false);

    /** Rejects values out of range. */
    public NmsSettings {
        if (!(confidence >= 0 && confidence <= 1) || !(iou >= 0 && iou <= 1) || maxDetections < 1) {
            throw new IllegalArgumentException("suppression with confidence " + confidence + ", IoU " + iou
                    + ", at most " + maxDetections + " boxes: confidence and IoU must be 0..1, boxes at least 1");
        }
    }

    /** The thresholds of a configuration. */
    public static NmsSettings of(ModelConfig config) {
        return new NmsSettings(
                (float) config.confidence(), (float) config.iou(), config.maxDetections(), config.classAgnosticNms());
    }
}
