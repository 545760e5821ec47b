package io.helmwatch.inference;

import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.tensor.InputSizing;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.util.List;

/**
 * Description of a loaded detector.
 *
 * @param identity name, version, precision, backend
 * @param labels class names by index
 * @param input input shape, the largest where the size fits the frame; the batch is the fixed one, or 1 when dynamic
 * @param sizing size of the input for a frame
 * @param dynamicBatch whether the batch may differ from run to run
 * @param inputType element type of the input
 * @param output layout of the output, for the largest input
 * @param stride largest stride; input sides are multiples of it
 * @param anchor letterbox anchor
 * @param padValue letterbox pad value, 0..255
 */
public record ModelInfo(
        ModelIdentity identity,
        List<String> labels,
        TensorShape input,
        InputSizing sizing,
        boolean dynamicBatch,
        TensorType inputType,
        PredictionLayout output,
        int stride,
        LetterboxAnchor anchor,
        int padValue) {

    /** Keeps its own copy of the labels. */
    public ModelInfo {
        labels = List.copyOf(labels);
    }
}
