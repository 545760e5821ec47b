package io.helmwatch.inference;

import io.helmwatch.vision.HostTensorBatch;

/**
 * Pictures that can be letterboxed into a network's input, for calibration and comparison.
 *
 * <p>Threading: used by one thread.
 */
public interface LetterboxedPictures {

    /** How many. */
    int size();

    /** A digest of what the pictures and their order are; the same for the same pictures wherever they lie. */
    String digest();

    /** Writes a picture into the batch. */
    void load(int picture, HostTensorBatch batch, int index);
}
