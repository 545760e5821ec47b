package io.helmwatch.vision.tensor;

/**
 * A batch in GPU memory.
 *
 * @param shape shape with the maximum batch
 * @param type element type
 * @param address CUDA device pointer of the first element
 * @param stream handle of the CUDA stream in whose order the batch is written and read
 */
public record DeviceTensorBatch(TensorShape shape, TensorType type, long address, long stream) implements TensorBatch {}
