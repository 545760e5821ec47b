package io.helmwatch.pipeline.evaluation;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts how two runs over the same pictures differ. Both runs report boxes from a little below the threshold on, so that a box which
 * rounding moves over the threshold is told apart from one that is not there.
 *
 * <p>Boxes of a picture are matched by label and overlap (IoU of at least {@value #LEAST_IOU}), the reference's most confident first, each
 * with the box that it overlaps most. Pairs count where at least one of them reaches the threshold. A box without a counterpart is
 * missing (of the reference) or extra (of the other) when it is clear, by the margin above the threshold; between the threshold and there it is near;
 * below the threshold it does not count.
 *
 * <p>Threading: one thread.
 */
public final class BackendComparison {
    static final double LEAST_IOU = 0.5;

    private final double threshold;
    private final double margin;
    private long pictures;
    private long referenceBoxes;
    private long matched;
    private long missing;
    private long extra;
    private long near;
    private double pixelSum;
    private double pixelMax;
    private double confidenceSum;
    private double confidenceMax;

    /**
     * @param threshold confidence at which boxes are reported in service
     * @param margin what rounding may move a confidence by
     */
    public BackendComparison(double threshold, double margin) {
        this.threshold = threshold;
        this.margin = margin;
    }

    /**
     * What was counted.
     *
     * @param pictures compared
     * @param referenceBoxes of the reference at the threshold
     * @param matched pairs
     * @param missing clear boxes of the reference only
     * @param extra clear boxes of the other only
     * @param near boxes of one only, at most the margin above the threshold
     * @param meanPixels mean over the pairs of the largest difference of an edge, in source pixels
     * @param maxPixels its largest
     * @param meanConfidence mean difference of the pairs' confidences
     * @param maxConfidence its largest
     */
    public record Summary(
            long pictures,
            long referenceBoxes,
            long matched,
            long missing,
            long extra,
            long near,
            double meanPixels,
            double maxPixels,
            double meanConfidence,
            double maxConfidence) {

        /** Share of clear boxes without a counterpart. */
        public double shareAlone() {
            long all = matched + missing + extra;
            return all == 0 ? 0 : (double) (missing + extra) / all;
        }
    }

    /** Adds a picture. */
    public void add(List<Detection> reference, List<Detection> other) {
        pictures++;
        List<Detection> left = new ArrayList<>(other);
        for (Detection expected : reference) {
            if (expected.confidence() >= threshold) {
                referenceBoxes++;
            }
            Detection found = nearest(expected, left);
            if (found == null) {
                missing += alone(expected);
            } else {
                left.remove(found);
                pair(expected, found);
            }
        }
        for (Detection unexpected : left) {
            extra += alone(unexpected);
        }
    }

    /** Adds what another comparison counted. */
    public void add(BackendComparison part) {
        pictures += part.pictures;
        referenceBoxes += part.referenceBoxes;
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
                pictures,
                referenceBoxes,
                matched,
                missing,
                extra,
                near,
                pixelSum / pairs,
                pixelMax,
                confidenceSum / pairs,
                confidenceMax);
    }

    private static @Nullable Detection nearest(Detection expected, List<Detection> candidates) {
        Detection best = null;
        double most = LEAST_IOU;
        for (Detection candidate : candidates) {
            double iou = expected.sourceBox().intersectionOverUnion(candidate.sourceBox());
            if (candidate.label().equals(expected.label()) && iou >= most) {
                best = candidate;
                most = iou;
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

    /** One if the box is clear; notes it where it is near the threshold. */
    private int alone(Detection box) {
        if (box.confidence() >= threshold + margin) {
            return 1;
        }
        if (box.confidence() >= threshold) {
            near++;
        }
        return 0;
    }
}
