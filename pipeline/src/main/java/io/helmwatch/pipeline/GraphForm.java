package io.helmwatch.pipeline;

import java.util.Locale;

/** Which form of a network an engine is built from. */
enum GraphForm {
    /** The network as it is: its boxes are decoded inside. */
    DECODED,
    /** Cut at the logits of the last convolutions: boxes are decoded for candidates only. */
    RAW;

    /** As configuration and command line write it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static GraphForm of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
