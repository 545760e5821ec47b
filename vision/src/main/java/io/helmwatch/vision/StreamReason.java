package io.helmwatch.vision;

import java.util.Locale;

/** Why a stream is in its state, for programs; {@link StreamStatus#reason} is the sentence for people. Values may be added. */
public enum StreamReason {
    /** There is nothing to report. */
    NONE,
    /** Not reachable, timed out, cut off, or without a usable answer. */
    CONNECTION,
    /** User or password refused or missing. */
    UNAUTHORIZED,
    /** The server does not know the path, or offers nothing that can be played. */
    NOT_FOUND,
    /** The configured address or file cannot be used. */
    SOURCE,
    /** A defect or a missing library. */
    INTERNAL_ERROR,
    /** Too many frames are damaged. */
    CORRUPT_FRAMES,
    /** Frames are timed by their arrival, because the stream's timestamps do not advance with time. */
    TIMED_BY_ARRIVAL,
    /** Frames arrive, and none is selected for analysis. */
    NOTHING_SELECTED,
    /** Fewer frames are analysed than wanted. */
    OVERLOAD,
    /** The image is black. */
    BLACK,
    /** Most of the image is white. */
    OVEREXPOSED,
    /** The image is too dark to see anybody. */
    TOO_DARK,
    /** Frames arrive and show the same image. */
    FROZEN,
    /** The lens is covered or sprayed. */
    COVERED,
    /** The camera shows another scene than it usually does. */
    MOVED,
    /** The image is out of focus or the lens is dirty. */
    BLURRED;

    /** The code as published, such as {@code not-found}; empty for {@link #NONE}. */
    public String code() {
        return this == NONE ? "" : name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
