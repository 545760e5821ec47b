package io.helmwatch.vision;

/** Why a decoded frame was not analysed. The lower-case name with dashes is the metric's tag. */
public enum DropCause {
    /** No free slot in the ring. */
    RING_FULL,
    /** The stream held its share of the slots. */
    STREAM_SHARE,
    /** Older than the maximum frame age when its turn came. */
    STALE,
    /** Left out by {@code analyze-fps}. */
    SAMPLED,
    /** Flagged as corrupt by the decoder, or before the first key frame. */
    CORRUPT,
    /** A stage failed on this frame. */
    FAILED;

    private final String tag = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');

    /** Tag value in metrics and status. */
    public String tag() {
        return tag;
    }
}
