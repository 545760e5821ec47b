package io.helmwatch.postprocess;

import java.util.Arrays;

/**
 * The boxes of one picture that passed the confidence threshold, in model pixels, as arrays that are reused.
 *
 * <p>Keeps the {@value #MAX_CANDIDATES} most confident ones, as YOLOv5's {@code max_nms} does, so that suppression is bounded in
 * time. Equal confidences are ordered by row.
 *
 * <p>Threading: used by one thread.
 */
final class BoxCandidates {

    static final int MAX_CANDIDATES = 30_000;

    /** Confidence, inverted, above the slot: ascending order is falling confidence, then rising row. */
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

    /** Adds a box; rows must be added in rising order. Drops those that are not finite or without area. */
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
        // Bits of floats that are not negative rise with the value; adding zero turns -0 into 0.
        order[size] = (long) (Integer.MAX_VALUE - Float.floatToIntBits(confidence + 0f)) << 32 | size;
        size++;
    }

    private void grow() {
        int capacity = 2 * size;
        order = Arrays.copyOf(order, capacity);
        boxes = Arrays.copyOf(boxes, 4 * capacity);
        classes = Arrays.copyOf(classes, capacity);
    }

    /** Orders the candidates by falling confidence and forgets all but the most confident. */
    void sort() {
        Arrays.sort(order, 0, size);
        size = Math.min(size, MAX_CANDIDATES);
    }

    /** Where the candidate of a rank lies in the arrays. */
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
