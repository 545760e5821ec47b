package io.helmwatch.inference;

import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.RawPredictions;
import io.helmwatch.vision.tensor.TensorBatch;

/**
 * One batch at a time through the model: input tensor, execution context, output. Buffers are allocated once.
 *
 * <p>Threading: handed from the preprocess to the inference to the postprocess thread through the ring, one at a time.
 */
public interface InferenceLane extends AutoCloseable {

    /**
     * Sets the size of the input for the next batch. A new lane has the model's largest. The first call with a size prepares
     * it; later ones allocate nothing.
     *
     * @throws IllegalArgumentException when the model's input cannot have this size
     */
    void resize(ImageSize size);

    /** Where preprocessing writes, of the current size. */
    TensorBatch input();

    /** Largest number of images. */
    int maxBatch();

    /** Runs the model on the first {@code size} images: to the end on a CPU, enqueued on a GPU. */
    void run(int size);

    /** Waits until the output of the last {@link #run} can be read. Returns at once on a CPU. */
    void await();

    /** Output of the last run, for the current size; overwritten by the next. */
    RawPredictions output();

    /** Frees the buffers; a second call does nothing. */
    @Override
    void close();
}
