package io.helmwatch.inference;

/**
 * A loaded model, shared by its lanes.
 *
 * <p>Threading: any thread may ask and open lanes. Ownership: close the lanes first.
 */
public interface InferenceEngine extends AutoCloseable {

    /** Description of the model. */
    ModelInfo model();

    /** Bytes of the model on disk, mostly weights: what the runtime holds at least, once for all lanes. */
    long modelBytes();

    /** Opens a lane whose tensors hold up to {@code maxBatch} images. */
    InferenceLane openLane(int maxBatch);

    /** Frees the model; a second call does nothing. */
    @Override
    void close();
}
