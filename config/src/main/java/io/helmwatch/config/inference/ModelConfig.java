package io.helmwatch.config.inference;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The model and its thresholds.
 *
 * @param path ONNX file; null is the shipped helmet model
 * @param input size of the input of a model with dynamic height and width; other models keep their own
 * @param labels class names; empty uses the model's own
 * @param confidence confidence threshold, 0..1
 * @param iou overlap (IoU) above which the less confident of two boxes of a class is suppressed, 0..1
 * @param maxDetections largest number of detections per frame
 * @param classAgnosticNms whether boxes of different classes suppress each other
 * @param letterboxAnchor where the image sits in the model's input; null uses the model's own, else center
 * @param letterboxPadValue grey value of the padding, 0..255; null uses the model's own, else 114
 */
public record ModelConfig(
        @Nullable Path path,
        InputSize input,
        List<String> labels,
        double confidence,
        double iou,
        int maxDetections,
        boolean classAgnosticNms,
        @Nullable Anchor letterboxAnchor,
        @Nullable Integer letterboxPadValue) {

    /** An input that fits the frame, and the usual values of YOLOv5: confidence 0.25, IoU 0.45, 300 detections, suppression per class. */
    public static final ModelConfig DEFAULT =
            new ModelConfig(null, InputSize.FIT, List.of(), 0.25, 0.45, 300, false, null, null);

    /** Where the scaled image sits in the model's input. */
    public enum Anchor {
        /** In the middle, padding on both sides. */
        CENTER,
        /** At the origin, padding at the right and at the bottom. */
        TOP_LEFT
    }

    /** Keeps its own copy of the labels. */
    public ModelConfig {
        labels = List.copyOf(labels);
    }

    /** The same with another size of the input. */
    public ModelConfig withInput(InputSize other) {
        return new ModelConfig(
                path,
                other,
                labels,
                confidence,
                iou,
                maxDetections,
                classAgnosticNms,
                letterboxAnchor,
                letterboxPadValue);
    }
}
