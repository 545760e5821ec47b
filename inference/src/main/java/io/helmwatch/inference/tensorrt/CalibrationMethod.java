package io.helmwatch.inference.tensorrt;

import java.util.Locale;

/** How the range of a tensor is chosen that INT8 has to cover. */
public enum CalibrationMethod {
    /** Up to the largest magnitude that was seen. */
    MINMAX,
    /** Up to where clipping and rounding together lose the least information. */
    ENTROPY;

    /** As configuration and command line write it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
