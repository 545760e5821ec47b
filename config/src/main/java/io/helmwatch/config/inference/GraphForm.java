package io.helmwatch.config.inference;

import java.util.Locale;

/** The form of a model's graph that a TensorRT engine is built from. */
public enum GraphForm {
    /** The graph as exported: boxes are decoded inside. */
    DECODED,
    /** The graph cut at the logits of the last convolutions: only candidates are decoded, outside the graph. */
    RAW;

    /** As configuration and command line write it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
