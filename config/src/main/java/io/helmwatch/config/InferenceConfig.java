package io.helmwatch.config;

import java.time.Duration;

/**
 * How the network is run.
 *
 * @param workers CPU workers with one thread each; 0 measures and chooses
 * @param maxBatch most frames of a batch; 0 is the backend's own (1 on a CPU)
 * @param maxDelay how long an unfilled batch may wait for more frames; zero does not wait
 */
public record InferenceConfig(int workers, int maxBatch, Duration maxDelay) {

    /** Everything chosen by itself. */
    public static final InferenceConfig DEFAULT = new InferenceConfig(0, 0, Duration.ZERO);
}
