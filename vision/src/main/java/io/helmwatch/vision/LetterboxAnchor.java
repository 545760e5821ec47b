package io.helmwatch.vision;

/** Where the scaled picture sits in the model's input. */
public enum LetterboxAnchor {
    /** In the middle, padding on both sides: YOLOv5's training and export. */
    CENTER,
    /** At the origin, padding at the end of each axis: NVIDIA DALI's {@code resize(mode="not_larger")} then {@code pad}. */
    TOP_LEFT
}
