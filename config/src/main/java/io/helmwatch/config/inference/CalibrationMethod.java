package io.helmwatch.config.inference;

/** How INT8 calibration chooses the range of a tensor. */
public enum CalibrationMethod {
    /** Up to the largest magnitude of the calibration images. */
    MINMAX,
    /** Up to the magnitude where clipping and rounding together lose the least information. */
    ENTROPY;
}
