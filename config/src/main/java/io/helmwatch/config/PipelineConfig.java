package io.helmwatch.config;

import java.time.Duration;

/**
 * The ring of frames and its limits.
 *
 * @param ringSize slots, a power of two; 0 lets the service choose from the number of streams
 * @param maxFrameAge age at which a live frame is dropped before inference
 * @param shutdownTimeout longest time that a shutdown waits for frames in flight
 */
public record PipelineConfig(int ringSize, Duration maxFrameAge, Duration shutdownTimeout) {

    /** Size chosen by the service, 2 s, 8 s. */
    public static final PipelineConfig DEFAULT = new PipelineConfig(0, Duration.ofSeconds(2), Duration.ofSeconds(8));
}
