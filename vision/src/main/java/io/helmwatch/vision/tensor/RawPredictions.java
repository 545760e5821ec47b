package io.helmwatch.vision.tensor;

/**
 * The output of a detector, before thresholds and suppression.
 *
 * <p>Ownership and threading as for {@link TensorBatch}.
 */
public sealed interface RawPredictions permits HostPredictions, DevicePredictions {

    /** Layout of the values. */
    PredictionLayout layout();
}
