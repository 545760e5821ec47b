package io.helmwatch.config.inference;

/** The form of a model's graph that a TensorRT engine is built from. */
public enum GraphForm {
    /** The graph as exported: boxes are decoded inside. */
    DECODED,
    /** The graph cut at the logits of the last convolutions: only candidates are decoded, outside the graph. */
    RAW;
}
