package io.helmwatch.vision;

/**
 * One object detected in one frame.
 *
 * @param label name of the class, from the model
 * @param confidence objectness times class probability, 0..1
 * @param sourceBox box in source pixels, clipped to the frame
 */
public record Detection(String label, float confidence, BoundingBox sourceBox) {}
