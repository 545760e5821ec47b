package io.helmwatch.postprocess.tracking;

import io.helmwatch.vision.BoundingBox;

/** Which heads are looked at: masks and smallest sizes. */
@FunctionalInterface
public interface HeadFilter {

    /** Takes every head. */
    HeadFilter ALL = box -> true;

    /** Whether a head at this place is followed. */
    boolean accepts(BoundingBox sourceBox);
}
