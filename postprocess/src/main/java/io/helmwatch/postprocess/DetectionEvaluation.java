package io.helmwatch.postprocess;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How well a detector does on labelled pictures.
 *
 * @param pictures number of pictures
 * @param classes average precision by label, in the model's order
 * @param sizes the same for objects of one size; objects and detections of other sizes count neither way
 * @param meanAt50 mean over the classes that have objects, at IoU 0.5; NaN when none has
 * @param meanAt50To95 the same over IoU 0.5 to 0.95
 */
public record DetectionEvaluation(
        int pictures,
        Map<String, AveragePrecision> classes,
        Map<ObjectSize, Map<String, AveragePrecision>> sizes,
        double meanAt50,
        double meanAt50To95) {

    /** Keeps its own copies, in order. */
    public DetectionEvaluation {
        classes = Collections.unmodifiableMap(new LinkedHashMap<>(classes));
        sizes = Collections.unmodifiableMap(new LinkedHashMap<>(sizes));
    }
}
