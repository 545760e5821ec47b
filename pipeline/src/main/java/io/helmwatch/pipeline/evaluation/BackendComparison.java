package io.helmwatch.pipeline.evaluation;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts differences between two runs on the same frames. Both runs report boxes from a margin below the threshold on, so that a box
 * which rounding moves across the threshold is distinguished from one that is absent.
 *
 * <p>Boxes of a frame are matched by label and overlap (IoU of at least {@value #MIN_IOU}), the reference's in descending confidence, each
 * with the box of the largest overlap. A pair counts when one of its boxes reaches the threshold. An unmatched box is missing (reference
 * only) or extra (other only) when its confidence is at least the margin above the threshold, near when it is above the threshold by less,
 * and does not count below.
 *
 * <p>Threading: one thread.
 */
public final class BackendComparison {
    private static final double MIN_IOU = 0.5;

    private final double threshold;
    private final double margin;
    private long frames;
    private long boxes;
    private long matched;
    private long missing;
    private long extra;
    private long near;
    private double pixelSum;
    private double pixelMax;
    private double confidenceSum;
    private double confidenceMax;

    /**
     * Creates an empty comparison.
     *
     * @param threshold confidence from which on boxes are reported in service
     * @param margin largest change of a confidence by rounding
     */
    public BackendComparison(double threshold, double margin) {
        this.threshold = threshold;
        this.margin = margin;
    }

    /**
     * The counts; serialised as JSON by component name.
     *
     * @param frames compared
     * @param boxes of the reference at or above the threshold
     * @param matched pairs
     * @param missing boxes of the reference only
     * @param extra boxes of the other only
     * @param near boxes of one only, less than the margin above the threshold
     * @param meanPixels mean over the pairs of the largest difference of an edge, in source pixels
     * @param maxPixels its maximum
     * @param meanConfidence mean difference of the pairs' confidences
     * @param maxConfidence its maximum
     */
    public record Summary(
            long frames,
            long boxes,
            long matched,
            long missing,
            long extra,
            long near,
            double meanPixels,
            double maxPixels,
            double meanConfidence,
            double maxConfidence) {

        /** Missing and extra boxes as a share of all that are not near. */
        public double unmatchedShare() {
            long all = matched + missing + extra;
            return all == 0 ? 0 : (double) (missing + extra) / all;
        }
    }

    /** Adds a frame. */
    public void add(List<Detection> reference, List<Detection> other) {
        frames++;
        List<Detection> remaining = new ArrayList<>(other);
        for (Detection expected : reference) {
            if (expected.confidence() >= threshold) {
                boxes++;
            }
            Detection found = bestMatch(expected, remaining);
            if (found == null) {
                missing += unmatched(expected);
            } else {
                remaining.remove(found);
                pair(expected, found);
            }
        }
        for (Detection unexpected : remaining) {
            extra += unmatched(unexpected);
        }
    }

    /** Adds the counts of another comparison. */
    public void add(BackendComparison part) {
        frames += part.frames;
        boxes += part.boxes;
        matched += part.matched;
        missing += part.missing;
        extra += part.extra;
        near += part.near;
        pixelSum += part.pixelSum;
        pixelMax = Math.max(pixelMax, part.pixelMax);
        confidenceSum += part.confidenceSum;
        confidenceMax = Math.max(confidenceMax, part.confidenceMax);
    }

    public Summary summary() {
        double pairs = Math.max(1, matched);
        return new Summary(
                frames,
                boxes,
                matched,
                missing,
                extra,
                near,
                pixelSum / pairs,
                pixelMax,
                confidenceSum / pairs,
                confidenceMax);
    }

    private static @Nullable Detection bestMatch(Detection expected, List<Detection> candidates) {
        Detection best = null;
        double bestIou = MIN_IOU;
        for (Detection candidate : candidates) {
            double iou = expected.sourceBox().intersectionOverUnion(candidate.sourceBox());
            if (candidate.label().equals(expected.label()) && iou >= bestIou) {
                best = candidate;
                bestIou = iou;
            }
        }
        return best;
    }

    private void pair(Detection expected, Detection found) {
        if (Math.max(expected.confidence(), found.confidence()) < threshold) {
            return;
        }
        matched++;
        BoundingBox a = expected.sourceBox();
        BoundingBox b = found.sourceBox();
        double pixels = Math.max(
                Math.max(Math.abs(a.x1() - b.x1()), Math.abs(a.y1() - b.y1())),
                Math.max(Math.abs(a.x2() - b.x2()), Math.abs(a.y2() - b.y2())));
        double confidence = Math.abs(expected.confidence() - found.confidence());
        pixelSum += pixels;
        pixelMax = Math.max(pixelMax, pixels);
        confidenceSum += confidence;
        confidenceMax = Math.max(confidenceMax, confidence);
    }

    /** 1 for a box that is missing or extra; counts it as near otherwise, when it reaches the threshold. */
    private int unmatched(Detection box) {
        if (box.confidence() >= threshold + margin) {
            return 1;
        }
        if (box.confidence() >= threshold) {
            near++;
        }
        return 0;
    }
}
