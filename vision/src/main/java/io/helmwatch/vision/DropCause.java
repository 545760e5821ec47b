package io.helmwatch.vision;

/** Why a decoded frame was not analysed. The metric tag is the lower-case name with dashes. */
public enum DropCause {
    /** No free slot in the ring. */
    RING_FULL,
    /** The stream held its share of the slots. */
    STREAM_SHARE,
    /** Older than the maximum frame age before preprocessing. */
    STALE,
    /** Dropped by sampling to {@code analyze-fps}. */
    SAMPLED,
    /** Marked corrupt by the decoder, or before the first key frame. */
    CORRUPT,
    /** A stage failed on this frame. */
    FAILED;

    private final String tag = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');

    /** Tag value in metrics and status. */
    public String tag() {
        return tag;
    }
}
