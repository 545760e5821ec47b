package io.helmwatch.inference;

import io.helmwatch.vision.RawPredictions;
import io.helmwatch.vision.TensorBatch;

/**
 * One batch on its way through the network: input tensor, execution context, output. Buffers are allocated once.
 *
 * <p>Threading: handed from the preprocess to the inference to the postprocess thread through the ring, one at a time.
 */
public interface InferenceLane extends AutoCloseable {

    /** Where preprocess writes. */
    TensorBatch input();

    /** Largest number of pictures. */
    int maxBatch();

    /** Runs the network on the first {@code size} pictures: to the end on a CPU, enqueued on a GPU. */
    void run(int size);

    /** Waits until the output of the last {@link #run} can be read. Returns at once on a CPU. */
    void await();

    /** Output of the last run; overwritten by the next. */
    RawPredictions output();

    /** Frees the buffers; a second call does nothing. */
    @Override
    void close();
}
