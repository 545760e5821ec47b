package io.helmwatch.inference;

/**
 * A loaded network, shared by its lanes.
 *
 * <p>Threading: any thread may ask and open lanes. Ownership: close the lanes first.
 */
public interface InferenceEngine extends AutoCloseable {

    /** What the network is. */
    ModelInfo model();

    /** Bytes of the network as it lies on disk, weights above all: what the runtime holds at least, once for all lanes. */
    long networkBytes();

    /** Opens a lane whose tensors hold up to {@code maxBatch} pictures. */
    InferenceLane openLane(int maxBatch);

    /** Frees the network; a second call does nothing. */
    @Override
    void close();
}
