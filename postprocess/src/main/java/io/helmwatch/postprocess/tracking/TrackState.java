package io.helmwatch.postprocess.tracking;

/** The life of a track. */
public enum TrackState {
    /** Seen too briefly to count; removed at the first long gap. */
    TENTATIVE,
    /** Seen long enough to count, and seen in the last frame. */
    CONFIRMED,
    /** Confirmed, but not seen in the last frame: its box is predicted. */
    LOST,
    /** No longer tracked; the object may be reused for another head under another id. */
    REMOVED
}
