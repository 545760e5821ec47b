package io.helmwatch.vision.tensor;

/**
 * The input of a model: normalised RGB planes, {@code [N, 3, H, W]}, values 0..1.
 *
 * <p>Ownership: belongs to the lane that created it. Threading: written by the preprocess thread, read by the inference thread,
 * passed on through the ring.
 */
public sealed interface TensorBatch permits HostTensorBatch, DeviceTensorBatch {

    /** Shape with the maximum batch. */
    TensorShape shape();

    /** Element type. */
    TensorType type();
}
