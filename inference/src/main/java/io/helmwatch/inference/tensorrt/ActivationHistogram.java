package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.inference.CalibrationMethod;
import java.nio.FloatBuffer;

/**
 * Distribution of the values of a tensor: a histogram of magnitudes whose range doubles when needed, so that one pass over the images is enough.
 *
 * <p>Threading: used by one thread at a time.
 */
final class ActivationHistogram {

    private static final int BINS = 4096;
    /** Quantisation levels of a magnitude in INT8. */
    private static final int LEVELS = 128;
    /** Candidate thresholds are this many bins apart. */
    private static final int STEP = 8;
    /** With a smaller range, the scale of INT8 would be below FP16's smallest number, and scales are stored in FP16. */
    private static final float SMALLEST_RANGE = 0x1p-17f;

    private final long[] counts = new long[BINS];
    private float width;
    private float max;

    /**
     * Adds values. Zeros, values that are not finite, and tensors whose range is too small for a scale in FP16 are ignored.
     */
    void add(FloatBuffer values, int count) {
        for (int i = 0; i < count; i++) {
            float magnitude = Math.abs(values.get(i));
            if (magnitude > max && magnitude >= SMALLEST_RANGE && magnitude <= Float.MAX_VALUE) {
                max = magnitude;
            }
        }
        if (max == 0) {
            return;
        }
        if (width == 0) {
            width = max / BINS;
        }
        while (max > width * BINS) {
            widen();
        }
        float inverse = 1 / width;
        for (int i = 0; i < count; i++) {
            float magnitude = Math.abs(values.get(i));
            if (magnitude > 0 && magnitude <= max) {
                counts[Math.min(BINS - 1, (int) (magnitude * inverse))]++;
            }
        }
    }

    private void widen() {
        for (int i = 0; i < BINS / 2; i++) {
            counts[i] = counts[2 * i] + counts[2 * i + 1];
        }
        for (int i = BINS / 2; i < BINS; i++) {
            counts[i] = 0;
        }
        width *= 2;
    }

    /** The threshold that a calibration method chooses. */
    float threshold(CalibrationMethod method) {
        return method == CalibrationMethod.MINMAX ? max : entropyThreshold();
    }

    /**
     * The threshold whose 128 levels represent the distribution best: the smallest Kullback-Leibler divergence between the clipped magnitudes
     * and the same in 128 levels (S. Migacz, "8-bit Inference with TensorRT", GPU Technology Conference 2017, session 7310).
     */
    private float entropyThreshold() {
        int used = 0;
        for (int i = 0; i < BINS; i++) {
            if (counts[i] > 0) {
                used = i + 1;
            }
        }
        if (used <= LEVELS) {
            return max;
        }
        long beyond = 0;
        for (int i = 0; i < used; i++) {
            beyond += counts[i];
        }
        double total = beyond;
        int done = 0;
        double best = Double.POSITIVE_INFINITY;
        int bestBins = used;
        for (int bins = LEVELS; ; bins = Math.min(used, bins + STEP)) {
            for (; done < bins; done++) {
                beyond -= counts[done];
            }
            double divergence = divergence(bins, beyond, total);
            if (divergence < best) {
                best = divergence;
                bestBins = bins;
            }
            if (bins == used) {
                break;
            }
        }
        return Math.min(max, bestBins * width);
    }

    /** Divergence between the first bins with everything beyond them added to the last one, and the same bins without it in 128 levels. */
    private double divergence(int bins, long beyond, double total) {
        double divergence = 0;
        double inside = total - beyond;
        for (int level = 0; level < LEVELS; level++) {
            int from = (int) ((long) level * bins / LEVELS);
            int to = (int) ((long) (level + 1) * bins / LEVELS);
            long sum = 0;
            int filled = 0;
            for (int i = from; i < to; i++) {
                sum += counts[i];
                filled += counts[i] > 0 ? 1 : 0;
            }
            for (int i = from; i < to; i++) {
                double p = (counts[i] + (i == bins - 1 ? beyond : 0)) / total;
                if (p > 0) {
                    // A bin that holds only clipped values has no counterpart.
                    double q = counts[i] > 0 ? sum / (double) filled / inside : 1 / (total * total);
                    divergence += p * Math.log(p / q);
                }
            }
        }
        return divergence;
    }

    /** Power of the values over power of the error of INT8 with a threshold, by rounding and clipping, in decibels. */
    double signalToNoise(float threshold) {
        double step = threshold / (LEVELS - 1);
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < BINS; i++) {
            double value = (i + 0.5) * width;
            double error = value > threshold ? (value - threshold) * (value - threshold) : step * step / 12;
            signal += counts[i] * value * value;
            noise += counts[i] * error;
        }
        return signal == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
    }
}
