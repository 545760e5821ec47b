package io.helmwatch.postprocess.tracking;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.Arrays;
import java.util.List;

/**
 * The heads of one frame: detections with the labels merged. A detector that suppresses per class reports an ambiguous head twice,
 * with and without a helmet; here that is one head with two confidences.
 *
 * <p>Threading: one thread at a time. Reused: nothing is allocated per frame, except while it grows to the largest number of heads.
 */
public final class Observations {
    /** IoU from which two boxes are the same head. */
    private static final double SAME_HEAD_IOU = 0.5;

    /** IoU from which a box overlaps another one. */
    static final double OVERLAPPED_IOU = 0.25;

    private final TrackingConfig config;
    private int size;
    private float[] x1 = new float[64];
    private float[] y1 = new float[64];
    private float[] x2 = new float[64];
    private float[] y2 = new float[64];
    private float[] helmet = new float[64];
    private float[] bareHead = new float[64];

    /** No heads. */
    public Observations(TrackingConfig config) {
        this.config = config;
    }

    /** Replaces the content by the detections of a frame, which are in descending order of confidence. */
    public void load(List<Detection> detections, HeadFilter filter) {
        size = 0;
        for (int i = 0; i < detections.size(); i++) {
            Detection detection = detections.get(i);
            boolean wearsHelmet = config.helmetLabels().contains(detection.label());
            if (!wearsHelmet && !config.bareHeadLabels().contains(detection.label())) {
                continue;
            }
            BoundingBox box = detection.sourceBox();
            if (filter.accepts(box)) {
                add(box, wearsHelmet, detection.confidence());
            }
        }
    }

    private void add(BoundingBox box, boolean wearsHelmet, float confidence) {
        int index = sameHead(box);
        if (index < 0) {
            if (size == x1.length) {
                grow();
            }
            index = size++;
            x1[index] = box.x1();
            y1[index] = box.y1();
            x2[index] = box.x2();
            y2[index] = box.y2();
            helmet[index] = 0;
            bareHead[index] = 0;
        }
        float[] confidences = wearsHelmet ? helmet : bareHead;
        confidences[index] = Math.max(confidences[index], confidence);
    }

    private int sameHead(BoundingBox box) {
        for (int i = 0; i < size; i++) {
            double iou = Overlap.iou(x1[i], y1[i], x2[i], y2[i], box.x1(), box.y1(), box.x2(), box.y2(), 0);
            if (iou >= SAME_HEAD_IOU) {
                return i;
            }
        }
        return -1;
    }

    /** Whether a more confident box overlaps a box: two heads close together, or one head detected twice. */
    boolean isOverlapped(int index) {
        for (int i = 0; i < size; i++) {
            if (i != index && confidence(i) >= confidence(index) && iou(i, index) > OVERLAPPED_IOU) {
                return true;
            }
        }
        return false;
    }

    private double iou(int a, int b) {
        return Overlap.iou(x1[a], y1[a], x2[a], y2[a], x1[b], y1[b], x2[b], y2[b], 0);
    }

    private void grow() {
        int capacity = 2 * x1.length;
        x1 = Arrays.copyOf(x1, capacity);
        y1 = Arrays.copyOf(y1, capacity);
        x2 = Arrays.copyOf(x2, capacity);
        y2 = Arrays.copyOf(y2, capacity);
        helmet = Arrays.copyOf(helmet, capacity);
        bareHead = Arrays.copyOf(bareHead, capacity);
    }

    /** Number of heads. */
    public int size() {
        return size;
    }

    /** Left edge in source pixels. */
    public float x1(int index) {
        return x1[index];
    }

    /** Top edge. */
    public float y1(int index) {
        return y1[index];
    }

    /** Right edge. */
    public float x2(int index) {
        return x2[index];
    }

    /** Bottom edge. */
    public float y2(int index) {
        return y2[index];
    }

    /** Confidence of the label with the higher one, 0..1. */
    public float confidence(int index) {
        return Math.max(helmet[index], bareHead[index]);
    }

    /** Confidence that it wears a helmet; 0 where no box says so. */
    public float helmetConfidence(int index) {
        return helmet[index];
    }

    /** Confidence that it is bare; 0 where no box says so. */
    public float bareHeadConfidence(int index) {
        return bareHead[index];
    }
}
