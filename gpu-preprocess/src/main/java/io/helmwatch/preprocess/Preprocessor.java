package io.helmwatch.preprocess;

import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.TensorBatch;

/**
 * Letterboxes decoded frames into the input of a model: colour conversion, bilinear scaling, padding, division by 255,
 * channels first.
 *
 * <p>Threading: used by one thread. Ownership: caches scaling contexts by source geometry and frees them on close.
 */
public interface Preprocessor extends AutoCloseable {

    /**
     * Adds a frame to the current batch. On a CPU the pixels are written before the call returns; on a GPU they are read until
     * the work of the submitted batch is done.
     *
     * @param frame the frame; its lease must be held until the batch is done
     * @param batch the batch
     * @param index index of the frame in the batch, from 0
     * @return the geometry; the same object for the same geometry
     */
    Letterbox add(VideoFrame frame, TensorBatch batch, int index);

    /** Submits the batch: enqueues one launch for all frames added since the last call. Does nothing on a CPU. */
    void submit(TensorBatch batch, int size);

    /** Frees everything; a second call does nothing. */
    @Override
    void close();
}
