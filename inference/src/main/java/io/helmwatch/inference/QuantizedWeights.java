package io.helmwatch.inference;

import java.util.List;

/**
 * Weights of a convolution in symmetric INT8, with one scale for each output channel: its largest weight is level 127.
 *
 * <p>Threading: immutable.
 */
public final class QuantizedWeights {

    private static final int LARGEST_LEVEL = 127;

    private final float[] weights;
    private final long[] sizes;
    private final float[] scales;

    private QuantizedWeights(float[] weights, long[] sizes, float[] scales) {
        this.weights = weights;
        this.sizes = sizes;
        this.scales = scales;
    }

    /**
     * Finds the scales.
     *
     * @param weight name of the tensor, FP32, output channels first
     * @param smallest scale of a channel whose weights are zero or nearly zero
     * @throws IllegalStateException when the model has no such tensor
     */
    public static QuantizedWeights of(OnnxModel model, String weight, float smallest) {
        float[] weights = model.weightValues(weight);
        List<Long> dimensions = model.weightDimensions(weight);
        if (weights == null || dimensions == null || dimensions.isEmpty()) {
            throw new IllegalStateException("weight " + weight + ": expected FP32 values with sizes, found others");
        }
        long[] sizes = dimensions.stream().mapToLong(Long::longValue).toArray();
        float[] scales = new float[Math.toIntExact(sizes[0])];
        int perChannel = weights.length / scales.length;
        for (int i = 0; i < weights.length; i++) {
            scales[i / perChannel] = Math.max(scales[i / perChannel], Math.abs(weights[i]) / LARGEST_LEVEL);
        }
        for (int i = 0; i < scales.length; i++) {
            scales[i] = Math.max(scales[i], smallest);
        }
        return new QuantizedWeights(weights, sizes, scales);
    }

    /** The sizes of the tensor. */
    public long[] sizes() {
        return sizes.clone();
    }

    /** The scales, by channel. */
    public float[] scales() {
        return scales.clone();
    }

    /** The nearest level of each weight. */
    public byte[] levels() {
        byte[] levels = new byte[weights.length];
        for (int i = 0; i < weights.length; i++) {
            levels[i] = (byte) level(i);
        }
        return levels;
    }

    /** Squared error of the levels against the squared weights: 0 when nothing is lost. */
    public double noise() {
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < weights.length; i++) {
            double error = weights[i] - level(i) * (double) scaleOf(i);
            signal += (double) weights[i] * weights[i];
            noise += error * error;
        }
        return signal == 0 ? 0 : noise / signal;
    }

    private int level(int weight) {
        return Math.max(-LARGEST_LEVEL, Math.min(LARGEST_LEVEL, Math.round(weights[weight] / scaleOf(weight))));
    }

    private float scaleOf(int weight) {
        return scales[weight / (weights.length / scales.length)];
    }
}
