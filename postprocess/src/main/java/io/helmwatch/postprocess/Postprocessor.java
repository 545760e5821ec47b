package io.helmwatch.postprocess;

import io.helmwatch.vision.Detection;
import io.helmwatch.vision.Letterbox;
import io.helmwatch.vision.RawPredictions;
import java.util.List;

/**
 * Decodes boxes, applies thresholds, suppresses overlaps and maps back to source pixels.
 *
 * <p>Threading: used by one thread.
 */
public interface Postprocessor extends AutoCloseable {

    /**
     * Starts work on a whole batch: called once after the network was run on it, before the lane is awaited and before the first
     * {@link #detect}. On a GPU enqueues the kernels and the one copy behind the network; does nothing on a CPU.
     *
     * @param predictions the batch's output, perhaps still being computed
     * @param size pictures in the batch
     */
    default void submit(RawPredictions predictions, int size) {}

    /**
     * Detections of one picture of a batch.
     *
     * @param predictions the batch's output, ready to be read
     * @param index the picture's place in the batch
     * @param letterbox the geometry used for this picture
     * @return by falling confidence, clipped to the picture, at most the configured number
     */
    List<Detection> detect(RawPredictions predictions, int index, Letterbox letterbox);

    /** Frees everything; a second call does nothing. */
    @Override
    void close();
}
