package io.helmwatch.postprocess;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Average precision as defined by COCO: 101 recall points, interpolated precision, IoU 0.5 to 0.95 in steps of 0.05.
 *
 * <p>Expects detections made with {@link NmsSettings#EVALUATION}. In each image, per class and IoU threshold, each detection in
 * descending order of confidence is matched to the unmatched object with the largest overlap of at least the threshold. For one object
 * size, objects of other sizes are ignored: they are matched only when no object of the size can be, and such a detection is ignored,
 * as is an unmatched detection of another size. The detections of all images are then ranked by confidence (ties in the order of the
 * images); the precision at a recall is the maximum at this or any higher recall, 0 where the recall is not reached.
 *
 * <p>Threading: used by one thread.
 */
public final class DetectionEvaluator {

    private static final int THRESHOLDS = 10;
    private static final int RECALL_STEPS = 100;

    private final List<String> labels;
    private final List<Image> images = new ArrayList<>();

    /**
     * Creates an evaluator.
     *
     * @param labels class names by index, each once
     */
    public DetectionEvaluator(List<String> labels) {
        this.labels = List.copyOf(labels);
        if (this.labels.stream().distinct().count() != labels.size()) {
            throw new IllegalArgumentException("labels " + labels + ": expected each name once");
        }
    }

    /**
     * Adds an image.
     *
     * @param detections the detections
     * @param objects the labelled objects
     */
    public void add(List<Detection> detections, List<LabelledBox> objects) {
        List<Detection> ranked = new ArrayList<>(detections);
        ranked.sort(Comparator.comparingDouble(detection -> -detection.confidence()));
        images.add(new Image(ranked, List.copyOf(objects)));
    }

    /** Average precision over the images added so far. */
    public DetectionEvaluation evaluate() {
        Map<String, AveragePrecision> classes = ofAllClasses(0, Double.POSITIVE_INFINITY);
        Map<ObjectSize, Map<String, AveragePrecision>> sizes = new EnumMap<>(ObjectSize.class);
        for (ObjectSize size : ObjectSize.values()) {
            sizes.put(size, ofAllClasses(size.low(), size.high()));
        }
        return new DetectionEvaluation(
                images.size(),
                classes,
                sizes,
                meanOf(classes, AveragePrecision::at50),
                meanOf(classes, AveragePrecision::at50To95));
    }

    private static double meanOf(Map<String, AveragePrecision> classes, ToDoubleFunction<AveragePrecision> value) {
        return classes.values().stream()
                .filter(precision -> precision.objects() > 0)
                .mapToDouble(value)
                .average()
                .orElse(Double.NaN);
    }

    private Map<String, AveragePrecision> ofAllClasses(double low, double high) {
        Map<String, AveragePrecision> result = new LinkedHashMap<>();
        for (int classIndex = 0; classIndex < labels.size(); classIndex++) {
            result.put(labels.get(classIndex), ofClass(classIndex, low, high));
        }
        return result;
    }

    private AveragePrecision ofClass(int classIndex, double low, double high) {
        String label = labels.get(classIndex);
        List<Match> matches = new ArrayList<>();
        int objects = 0;
        for (Image image : images) {
            List<BoundingBox> inside = new ArrayList<>();
            List<BoundingBox> outside = new ArrayList<>();
            for (LabelledBox object : image.objects) {
                if (object.classIndex() == classIndex) {
                    (isWithin(object.sourceBox(), low, high) ? inside : outside).add(object.sourceBox());
                }
            }
            objects += inside.size();
            List<Match> ofImage = new ArrayList<>();
            for (Detection detection : image.detections) {
                if (detection.label().equals(label)) {
                    ofImage.add(new Match(detection));
                }
            }
            for (int threshold = 0; threshold < THRESHOLDS; threshold++) {
                match(ofImage, inside, outside, threshold, low, high);
            }
            matches.addAll(ofImage);
        }
        if (objects == 0) {
            return new AveragePrecision(0, Double.NaN, Double.NaN);
        }
        matches.sort(Comparator.comparingDouble(match -> -match.detection.confidence()));
        double at50 = areaUnder(matches, 0, objects);
        double sum = at50;
        for (int threshold = 1; threshold < THRESHOLDS; threshold++) {
            sum += areaUnder(matches, threshold, objects);
        }
        return new AveragePrecision(objects, at50, sum / THRESHOLDS);
    }

    private static void match(
            List<Match> matches,
            List<BoundingBox> inside,
            List<BoundingBox> outside,
            int threshold,
            double low,
            double high) {
        double limit = 0.5 + threshold * 0.05;
        boolean[] insideMatched = new boolean[inside.size()];
        boolean[] outsideMatched = new boolean[outside.size()];
        for (Match match : matches) {
            BoundingBox box = match.detection.sourceBox();
            if (claims(box, inside, insideMatched, limit)) {
                match.hit[threshold] = true;
            } else if (claims(box, outside, outsideMatched, limit) || !isWithin(box, low, high)) {
                match.ignored[threshold] = true;
            }
        }
    }

    private static boolean claims(BoundingBox box, List<BoundingBox> objects, boolean[] matched, double limit) {
        int best = -1;
        double bestOverlap = 0;
        for (int i = 0; i < objects.size(); i++) {
            double overlap = matched[i] ? 0 : box.intersectionOverUnion(objects.get(i));
            if (overlap >= limit && overlap > bestOverlap) {
                best = i;
                bestOverlap = overlap;
            }
        }
        if (best < 0) {
            return false;
        }
        matched[best] = true;
        return true;
    }

    private static boolean isWithin(BoundingBox box, double low, double high) {
        return box.area() >= low && box.area() < high;
    }

    private static double areaUnder(List<Match> ranked, int threshold, int objects) {
        double[] recall = new double[ranked.size()];
        double[] precision = new double[ranked.size()];
        int count = 0;
        int hits = 0;
        for (Match match : ranked) {
            if (!match.ignored[threshold]) {
                hits += match.hit[threshold] ? 1 : 0;
                recall[count] = (double) hits / objects;
                precision[count] = (double) hits / (count + 1);
                count++;
            }
        }
        for (int i = count - 2; i >= 0; i--) {
            precision[i] = Math.max(precision[i], precision[i + 1]);
        }
        double sum = 0;
        int at = 0;
        for (int step = 0; step <= RECALL_STEPS; step++) {
            double required = step / (double) RECALL_STEPS;
            while (at < count && recall[at] < required) {
                at++;
            }
            sum += at < count ? precision[at] : 0;
        }
        return sum / (RECALL_STEPS + 1);
    }

    private record Image(List<Detection> detections, List<LabelledBox> objects) {}

    /** A detection and, per IoU threshold, the result of matching. */
    private static final class Match {

        private final Detection detection;
        private final boolean[] hit = new boolean[THRESHOLDS];
        private final boolean[] ignored = new boolean[THRESHOLDS];

        Match(Detection detection) {
            this.detection = detection;
        }
    }
}
