package io.helmwatch.config.stream;

/** What can be wrong with the image of a camera. */
public enum HealthCheck {
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
    BLURRED
}
