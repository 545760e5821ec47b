package io.helmwatch.inference;

import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.PredictionLayout;
import java.nio.FloatBuffer;

/**
 * Recognises exports whose boxes are fractions of the input instead of pixels. The centres of a YOLOv5 output cover the whole input
 * whatever the image shows, so that one run tells.
 *
 * <p>Threading: any thread.
 */
public final class NormalizedBoxes {
    /** Fractions may exceed 1 a little; in pixels the largest centre is near the side of the input. */
    private static final float LARGEST_FRACTION = 2;

    private NormalizedBoxes() {}

    /**
     * Refuses predictions whose boxes are normalised.
     *
     * @param model names the model in the message
     * @param predictions of a run on any image; raw heads and outputs that are all zero are accepted
     * @throws ModelException when all coordinates are fractions
     */
    public static void refuse(String model, HostPredictions predictions) {
        PredictionLayout layout = predictions.layout();
        if (layout.kind() != PredictionLayout.Kind.DECODED) {
            return;
        }
        FloatBuffer rows = predictions.tensors().get(0);
        float largest = 0;
        for (int row = 0; row < layout.anchors(); row++) {
            for (int side = 0; side < 4; side++) {
                largest = Math.max(largest, rows.get(row * layout.rowElements() + side));
            }
        }
        if (largest > 0 && largest <= LARGEST_FRACTION) {
            throw new ModelException(
                    "model " + model + ": expected boxes in pixels of the model's input, found normalised boxes"
                            + " (largest coordinate " + largest + "); export the model again with boxes in pixels");
        }
    }
}
