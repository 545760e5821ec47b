package io.helmwatch.pipeline.ring.failure;

import java.util.Locale;

/** The stages that a frame passes after decoding, in order; the lower-case name is the tag of metrics. */
public enum Stage {
    /** Queued in the ring, and waiting for a free lane. */
    QUEUE,
    /** Letterbox into the lane's input, whole batch. */
    PREPROCESS,
    /** Inference, waiting for its worker included, whole batch. */
    INFERENCE,
    /** Box decoding and suppression, one frame. */
    POSTPROCESS,
    /** Analyzers and sinks, one frame. */
    SINK;

    private final String tag = name().toLowerCase(Locale.ROOT);

    /** The tag of metrics. */
    public String tag() {
        return tag;
    }
}
