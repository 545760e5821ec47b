package io.helmwatch.sinks;

import io.helmwatch.resource.ConstantName;

/** Why a sink dropped a message. The lower-case name with dashes is the metric's tag. */
public enum SinkDropCause {
    /** The sink's queue was full; its oldest message was dropped. */
    QUEUE_FULL,
    /** The broker did not acknowledge in time. */
    EXPIRED,
    /** Larger than the broker accepts. */
    TOO_LARGE,
    /** The broker denied access: authentication or authorization. */
    REFUSED,
    /** Still queued when the sink was closed. */
    CLOSED,
    /** Any other failure, such as a full disk. */
    FAILED;

    private final String tag = ConstantName.of(this);

    /** Tag value in metrics. */
    public String tag() {
        return tag;
    }
}
