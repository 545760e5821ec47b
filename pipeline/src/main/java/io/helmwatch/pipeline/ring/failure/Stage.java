package io.helmwatch.pipeline.ring.failure;

import java.util.Locale;

/** The stages that a frame passes after decoding, in order; the lower-case name is the tag of metrics. */
public enum Stage {
    /** Queued in the ring, and waiting for a free lane. */
    QUEUE("Queued in the ring, and waiting for a free lane"),
    /** Letterbox into the lane's input. */
    PREPROCESS("Letterbox into the input of the model, whole batch"),
    /** Inference, waiting for its worker included. */
    INFERENCE("Inference, waiting for its worker included, whole batch"),
    /** Boxes, thresholds, suppression. */
    POSTPROCESS("Box decoding and suppression, one frame"),
    /** Analyzers and sinks. */
    SINK("Analyzers and sinks, one frame");

    private final String tag = name().toLowerCase(Locale.ROOT);
    private final String description;

    Stage(String description) {
        this.description = description;
    }

    /** The tag of metrics. */
    public String tag() {
        return tag;
    }

    /** What the stage does, for documents. */
    public String description() {
        return description;
    }
}
