package io.helmwatch.vision.tensor;

import java.util.List;

/**
 * Predictions in GPU memory.
 *
 * @param layout layout of the values
 * @param type element type
 * @param addresses CUDA device pointers, one when decoded, one per head when raw
 * @param stream handle of the CUDA stream in whose order they are written and read
 */
public record DevicePredictions(PredictionLayout layout, TensorType type, List<Long> addresses, long stream)
        implements RawPredictions {

    /** Keeps its own copy of the list. */
    public DevicePredictions {
        addresses = List.copyOf(addresses);
    }
}
