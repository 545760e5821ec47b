package io.helmwatch.inference.tensorrt;

import java.util.Locale;

/** How the range of a tensor that INT8 covers is chosen. */
public enum CalibrationMethod {
    /** The largest magnitude. */
    MINMAX,
    /** The threshold with the least loss of information by clipping and rounding together. */
    ENTROPY;

    /** The name in configuration and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
