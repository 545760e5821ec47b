package io.helmwatch.postprocess;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Average precision of a detector on labelled images.
 *
 * @param images number of images
 * @param classes average precision by label, in the model's order
 * @param sizes the same per object size; objects and detections of other sizes are ignored
 * @param meanAt50 mean over the classes with objects, at IoU 0.5; NaN without objects
 * @param meanAt50To95 the same over IoU 0.5 to 0.95
 */
public record DetectionEvaluation(
        int images,
        Map<String, AveragePrecision> classes,
        Map<ObjectSize, Map<String, AveragePrecision>> sizes,
        double meanAt50,
        double meanAt50To95) {

    /** Copies the maps, in order. */
    public DetectionEvaluation {
        classes = Collections.unmodifiableMap(new LinkedHashMap<>(classes));
        sizes = Collections.unmodifiableMap(new LinkedHashMap<>(sizes));
    }
}
