package io.helmwatch.config.inference;

import java.time.Duration;

/**
 * How the model is run.
 *
 * @param precision arithmetic on a CPU; a GPU has its own
 * @param workers CPU workers with one thread each; 0 lets the service measure and choose
 * @param maxBatch largest number of frames in a batch; 0 uses the backend's default (1 on a CPU, 32 on a GPU)
 * @param maxDelay longest time that a batch with room waits for more frames; zero does not wait
 */
public record InferenceConfig(CpuPrecision precision, int workers, int maxBatch, Duration maxDelay) {

    /** The faster accepted precision, workers measured, the backend's batch, no waiting. */
    public static final InferenceConfig DEFAULT = new InferenceConfig(CpuPrecision.AUTO, 0, 0, Duration.ZERO);

    /** The same in another precision. */
    public InferenceConfig withPrecision(CpuPrecision other) {
        return new InferenceConfig(other, workers, maxBatch, maxDelay);
    }
}
