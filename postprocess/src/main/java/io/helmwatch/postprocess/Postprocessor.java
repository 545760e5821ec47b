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
