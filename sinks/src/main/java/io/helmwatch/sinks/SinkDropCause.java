package io.helmwatch.sinks;

import java.util.Locale;

/** Why a message did not arrive. The lower-case name with dashes is the metric's tag. */
public enum SinkDropCause {
    /** The sink's queue was full; the oldest message in it made room. */
    QUEUE_FULL,
    /** The broker did not acknowledge in time. */
    EXPIRED,
    /** Larger than the broker takes. */
    TOO_LARGE,
    /** The broker does not let us: authentication or authorization. */
    REFUSED,
    /** Still waiting when the sink was closed. */
    CLOSED,
    /** Anything else: a full disk, an unknown error. */
    FAILED;

    private final String tag = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** Tag value in metrics. */
    public String tag() {
        return tag;
    }
}
