package io.helmwatch.postprocess.tracking;

import io.helmwatch.vision.BoundingBox;

/** Which heads are tracked: masks and minimum sizes. Threading: the tracker's thread, for every head of every frame. */
@FunctionalInterface
public interface HeadFilter {

    /** Accepts every head. */
    HeadFilter ALL = box -> true;

    /** Whether a head at this place is tracked. */
    boolean accepts(BoundingBox sourceBox);
}
