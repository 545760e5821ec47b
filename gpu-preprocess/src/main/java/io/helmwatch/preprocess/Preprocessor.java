package io.helmwatch.preprocess;

import io.helmwatch.vision.Letterbox;
import io.helmwatch.vision.TensorBatch;
import io.helmwatch.vision.VideoFrame;

/**
 * Letterboxes decoded frames into the input of a network: colour conversion, bilinear scaling, padding, division by 255,
 * channels first.
 *
 * <p>Threading: used by one thread. Ownership: keeps scaling contexts by source geometry and frees them on close.
 */
public interface Preprocessor extends AutoCloseable {

    /**
     * Adds a frame to the batch being formed; on a CPU the pixels are written before this returns, on a GPU they may be read until
     * the batch was {@link #submit}-ted and its work is done.
     *
     * @param frame the picture; its lease must be held until the batch is done
     * @param batch where to
     * @param index the picture's place in the batch, from 0
     * @return the geometry used; the same object for the same geometry
     */
    Letterbox add(VideoFrame frame, TensorBatch batch, int index);

    /** Closes the batch: enqueues one launch for all frames added since the last call. Does nothing on a CPU. */
    void submit(TensorBatch batch, int size);

    /** Frees everything; a second call does nothing. */
    @Override
    void close();
}
