package io.helmwatch.vision;

/**
 * The input of a network: normalised RGB planes, {@code [N, 3, H, W]}, values 0..1.
 *
 * <p>Ownership: belongs to the lane that made it. Threading: written by the preprocess thread, read by the inference thread,
 * handed over through the ring.
 */
public sealed interface TensorBatch permits HostTensorBatch, DeviceTensorBatch {

    /** Shape with the largest batch that fits. */
    TensorShape shape();

    /** Element type. */
    TensorType type();
}
