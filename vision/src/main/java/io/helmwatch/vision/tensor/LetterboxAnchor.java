package io.helmwatch.vision.tensor;

/** Position of the scaled frame in the model's input. */
public enum LetterboxAnchor {
    /** Centred, padding on both sides: YOLOv5's training and export. */
    CENTER,
    /** At the origin, padding to the right and below: NVIDIA DALI's {@code resize(mode="not_larger")} then {@code pad}. */
    TOP_LEFT
}
