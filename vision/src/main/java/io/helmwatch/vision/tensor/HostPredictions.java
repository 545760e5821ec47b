package io.helmwatch.vision.tensor;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * Predictions in host memory as FP32.
 *
 * @param layout layout of the values
 * @param tensors one buffer when decoded, one per head when raw; whole batch, row-major
 */
public record HostPredictions(PredictionLayout layout, List<FloatBuffer> tensors) implements RawPredictions {

    /** Keeps its own copy of the list. */
    public HostPredictions {
        tensors = List.copyOf(tensors);
    }
}
