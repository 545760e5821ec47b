package io.helmwatch.config.inference;

import java.util.Locale;

/** Arithmetic of a model on a CPU. */
public enum CpuPrecision {
    /** INT8 where the model has accepted INT8 ranges and INT8 is faster on this CPU, else FP32. */
    AUTO,
    /** FP32. */
    FP32,
    /** INT8, with the ranges that {@code quantize} wrote beside the model. */
    INT8;

    /** The name in the configuration and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
