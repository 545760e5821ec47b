package io.helmwatch.config.inference;

/** Arithmetic of a model on a GPU. */
public enum GpuPrecision {
    /** FP32, without TF32. */
    FP32,
    /** FP16, but FP32 for what decodes boxes; the input is FP16. */
    FP16,
    /** INT8 where the model has scales, else as {@link #FP16}. */
    INT8;
}
