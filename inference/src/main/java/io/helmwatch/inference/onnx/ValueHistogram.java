package io.helmwatch.inference.onnx;

import java.nio.FloatBuffer;

/**
 * Distribution of the values of a tensor: a histogram around zero whose range doubles when needed, so that one pass over the
 * images is enough.
 *
 * <p>Threading: used by one thread at a time.
 */
final class ValueHistogram {

    /** Bins on each side of zero. */
    private static final int SIDE = 8192;

    private final long[] counts = new long[2 * SIDE];
    private long total;
    private float width;
    private float min;
    private float max;

    /** Adds values; those that are not finite are ignored. */
    void add(FloatBuffer values, int count) {
        float low = min;
        float high = max;
        for (int i = 0; i < count; i++) {
            float value = values.get(i);
            if (Math.abs(value) <= Float.MAX_VALUE) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        min = low;
        max = high;
        float magnitude = Math.max(-low, high);
        if (magnitude == 0) {
            total += count;
            counts[SIDE] += count;
            return;
        }
        if (width == 0) {
            width = Math.max(magnitude / SIDE, Float.MIN_NORMAL);
        }
        while (magnitude > width * SIDE) {
            doubleRange();
        }
        float inverse = 1 / width;
        for (int i = 0; i < count; i++) {
            float value = values.get(i);
            if (Math.abs(value) <= Float.MAX_VALUE) {
                int bin = SIDE + (int) Math.floor(value * inverse);
                counts[Math.max(0, Math.min(2 * SIDE - 1, bin))]++;
                total++;
            }
        }
    }

    private void doubleRange() {
        long[] merged = new long[2 * SIDE];
        for (int i = 0; i < 2 * SIDE; i++) {
            merged[(i + SIDE) / 2] += counts[i];
        }
        System.arraycopy(merged, 0, counts, 0, merged.length);
        width *= 2;
    }

    /**
     * The range of the values.
     *
     * @param clipped share of the values that may be outside on each side, 0 for none
     */
    ValueRange range(double clipped) {
        long allowed = (long) (clipped * total);
        if (allowed == 0 || width == 0) {
            return new ValueRange(min, max);
        }
        int first = 0;
        for (long below = counts[0]; first < SIDE - 1 && below <= allowed; below += counts[first]) {
            first++;
        }
        int last = 2 * SIDE - 1;
        for (long above = counts[last]; last > SIDE && above <= allowed; above += counts[last]) {
            last--;
        }
        return new ValueRange(Math.max(min, (first - SIDE) * width), Math.min(max, (last + 1 - SIDE) * width));
    }
}
