package io.helmwatch.inference;

import io.helmwatch.vision.RawPredictions;
import io.helmwatch.vision.TensorBatch;

/**
 * One batch at a time through the model: input tensor, execution context, output. Buffers are allocated once.
 *
 * <p>Threading: handed from the preprocess to the inference to the postprocess thread through the ring, one at a time.
 */
public interface InferenceLane extends AutoCloseable {

    /** Where preprocessing writes. */
    TensorBatch input();

    /** Largest number of images. */
    int maxBatch();

    /** Runs the model on the first {@code size} images: to the end on a CPU, enqueued on a GPU. */
    void run(int size);

    /** Waits until the output of the last {@link #run} can be read. Returns at once on a CPU. */
    void await();

    /** Output of the last run; overwritten by the next. */
    RawPredictions output();

    /** Frees the buffers; a second call does nothing. */
    @Override
    void close();
}
