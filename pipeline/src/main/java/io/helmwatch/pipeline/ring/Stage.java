package io.helmwatch.pipeline.ring;

import java.util.Locale;

/** The stages that a frame passes after decoding, in order; the lower-case name is the metric's tag. */
public enum Stage {
    /** Waiting in the ring for its turn and for a free lane. */
    QUEUE("Waiting in the ring for its turn and for a free lane"),
    /** Letterbox into the lane's input. */
    PREPROCESS("Letterbox into the network's input, whole batch"),
    /** The network, waiting for its worker included. */
    INFERENCE("The network, waiting for its worker included, whole batch"),
    /** Boxes, thresholds, suppression. */
    POSTPROCESS("Box decoding and suppression, one frame"),
    /** Analyzers and sinks. */
    SINK("Analyzers and handing over to the sinks, one frame");

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
