package io.helmwatch.vision;

/**
 * One object found in one frame.
 *
 * @param label the class's name, from the model
 * @param confidence objectness times class probability, 0..1
 * @param sourceBox where, in source pixels, clipped to the picture
 */
public record Detection(String label, float confidence, BoundingBox sourceBox) {}
