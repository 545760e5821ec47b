package io.helmwatch.inference;

import io.helmwatch.vision.tensor.HostTensorBatch;

/**
 * Images that can be letterboxed into a model's input, for calibration and comparison.
 *
 * <p>Threading: used by one thread.
 */
public interface LetterboxedImages {

    /** Number of images. */
    int size();

    /** A digest of the images and their order, independent of their location. */
    String digest();

    /** Writes an image into the batch. */
    void load(int image, HostTensorBatch batch, int index);
}
