package io.helmwatch.postprocess;

import java.util.Arrays;

/**
 * The boxes of one frame above the confidence threshold, in model pixels, in reused arrays.
 *
 * <p>Retains the {@value #MAX_CANDIDATES} most confident boxes, as YOLOv5's {@code max_nms} does, which bounds the time of
 * suppression. Equal confidences are ordered by row.
 *
 * <p>Threading: used by one thread.
 */
final class BoxCandidates {

    static final int MAX_CANDIDATES = 30_000;

    /** Confidence, inverted, above the slot: ascending order is descending confidence, then ascending row. */
    private long[] order = new long[1024];

    private float[] boxes = new float[4 * 1024];
    private int[] classes = new int[1024];
    private int size;

    void clear() {
        size = 0;
    }

    int size() {
        return size;
    }

    /** Adds a box; rows must be added in ascending order. Boxes that are not finite or have no area are dropped. */
    void add(float x1, float y1, float x2, float y2, float confidence, int classIndex) {
        boolean hasArea = x2 > x1 && y2 > y1 && x2 - x1 <= Float.MAX_VALUE && y2 - y1 <= Float.MAX_VALUE;
        if (!hasArea || !(confidence >= 0)) {
            return;
        }
        if (size == order.length) {
            grow();
        }
        int at = 4 * size;
        boxes[at] = x1;
        boxes[at + 1] = y1;
        boxes[at + 2] = x2;
        boxes[at + 3] = y2;
        classes[size] = classIndex;
        // The bits of non-negative floats are ordered as their values; adding zero turns -0 into 0.
        order[size] = (long) (Integer.MAX_VALUE - Float.floatToIntBits(confidence + 0f)) << 32 | size;
        size++;
    }

    private void grow() {
        int capacity = 2 * size;
        order = Arrays.copyOf(order, capacity);
        boxes = Arrays.copyOf(boxes, 4 * capacity);
        classes = Arrays.copyOf(classes, capacity);
    }

    /** Sorts the candidates by descending confidence and drops all beyond the limit. */
    void sort() {
        Arrays.sort(order, 0, size);
        size = Math.min(size, MAX_CANDIDATES);
    }

    /** Index of the candidate of a rank in the arrays. */
    int slot(int rank) {
        return (int) order[rank];
    }

    float confidence(int rank) {
        return Float.intBitsToFloat(Integer.MAX_VALUE - (int) (order[rank] >>> 32));
    }

    int classIndex(int slot) {
        return classes[slot];
    }

    float x1(int slot) {
        return boxes[4 * slot];
    }

    float y1(int slot) {
        return boxes[4 * slot + 1];
    }

    float x2(int slot) {
        return boxes[4 * slot + 2];
    }

    float y2(int slot) {
        return boxes[4 * slot + 3];
    }
}
