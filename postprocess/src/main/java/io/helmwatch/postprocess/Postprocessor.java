package io.helmwatch.postprocess;

import io.helmwatch.vision.Detection;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.RawPredictions;
import java.util.List;

/**
 * Decodes boxes, applies thresholds, suppresses overlaps and maps back to source pixels.
 *
 * <p>Threading: used by one thread.
 */
public interface Postprocessor extends AutoCloseable {

    /**
     * Starts the work on a batch: called once after inference was started, before the lane is awaited and before the first
     * {@link #detect}. On a GPU it enqueues the kernels and one copy behind the model; on a CPU it does nothing.
     *
     * @param predictions the output of the batch, possibly still being computed
     * @param size frames in the batch
     */
    default void submit(RawPredictions predictions, int size) {}

    /**
     * Detections of one frame of a batch.
     *
     * @param predictions the output of the batch, complete
     * @param index index of the frame in the batch
     * @param letterbox the geometry used for this frame
     * @return detections in descending order of confidence, clipped to the frame, at most the configured number
     */
    List<Detection> detect(RawPredictions predictions, int index, Letterbox letterbox);

    /** Frees everything; a second call does nothing. */
    @Override
    void close();
}
