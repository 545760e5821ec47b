package io.helmwatch.config.stream;

/** What can be wrong with the picture of a camera. */
public enum HealthCheck {
    /** The picture is black. */
    BLACK,
    /** Most of the picture is white. */
    OVEREXPOSED,
    /** The picture is too dark to see anybody. */
    TOO_DARK,
    /** Frames arrive and show the same picture. */
    FROZEN,
    /** The lens is covered or sprayed. */
    COVERED,
    /** The camera shows another scene than it usually does. */
    MOVED,
    /** The picture is out of focus or the lens is dirty. */
    BLURRED
}
