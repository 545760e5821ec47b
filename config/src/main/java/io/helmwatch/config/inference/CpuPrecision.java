package io.helmwatch.config.inference;

/** Arithmetic of a model on a CPU. */
public enum CpuPrecision {
    /** INT8 where the model has accepted INT8 ranges and INT8 is faster on this CPU, else FP32. */
    AUTO,
    /** FP32. */
    FP32,
    /** INT8, with the ranges that {@code quantize} wrote beside the model. */
    INT8;
}
