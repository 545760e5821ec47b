package io.helmwatch.config;

import java.time.Duration;

/**
 * The ring and its limits.
 *
 * @param ringSize slots, a power of two; 0 chooses from the number of streams
 * @param maxFrameAge live frames older than this are dropped before inference
 * @param shutdownTimeout how long draining may take at shutdown
 */
public record PipelineConfig(int ringSize, Duration maxFrameAge, Duration shutdownTimeout) {

    /** Ring chosen, 2 s, 8 s. */
    public static final PipelineConfig DEFAULT = new PipelineConfig(0, Duration.ofSeconds(2), Duration.ofSeconds(8));
}
