package io.helmwatch.inference;

/**
 * Symmetric INT8 of a convolution's weights, with one scale for each output channel: its largest weight is level 127.
 *
 * <p>Threading: immutable.
 */
public final class ChannelScales {

    private static final int LARGEST_LEVEL = 127;

    private final float[] scales;

    private ChannelScales(float[] scales) {
        this.scales = scales;
    }

    /**
     * Finds the scales.
     *
     * @param weights all weights, channel after channel
     * @param channels number of output channels, at least 1
     * @param smallest scale of a channel whose weights are zero or nearly zero
     */
    public static ChannelScales of(float[] weights, int channels, float smallest) {
        float[] scales = new float[channels];
        int perChannel = weights.length / channels;
        for (int i = 0; i < weights.length; i++) {
            scales[i / perChannel] = Math.max(scales[i / perChannel], Math.abs(weights[i]) / LARGEST_LEVEL);
        }
        for (int i = 0; i < channels; i++) {
            scales[i] = Math.max(scales[i], smallest);
        }
        return new ChannelScales(scales);
    }

    /** The scales, by channel. */
    public float[] toArray() {
        return scales.clone();
    }

    /** The nearest level of each weight. */
    public byte[] levels(float[] weights) {
        byte[] levels = new byte[weights.length];
        int perChannel = weights.length / scales.length;
        for (int i = 0; i < weights.length; i++) {
            levels[i] = (byte) level(weights[i], scales[i / perChannel]);
        }
        return levels;
    }

    /** Squared error of the levels against the squared weights: 0 when nothing is lost. */
    public double noise(float[] weights) {
        int perChannel = weights.length / scales.length;
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < weights.length; i++) {
            double scale = scales[i / perChannel];
            double error = weights[i] - level(weights[i], (float) scale) * scale;
            signal += (double) weights[i] * weights[i];
            noise += error * error;
        }
        return signal == 0 ? 0 : noise / signal;
    }

    private static int level(float weight, float scale) {
        return Math.max(-LARGEST_LEVEL, Math.min(LARGEST_LEVEL, Math.round(weight / scale)));
    }
}
