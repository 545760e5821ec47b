package io.helmwatch.config.incident;

import java.time.Duration;
import java.util.Set;

/**
 * How heads are tracked from frame to frame.
 *
 * @param helmetLabels labels of the model that mean a head with a helmet
 * @param bareHeadLabels labels of the model that mean a bare head
 * @param startConfidence smallest confidence that starts a track, 0..1; less confident boxes only extend one
 * @param confirm observed time after which a tentative track is confirmed; at least two observations whatever the rate
 * @param maxGap longest time without an observation before a lost track is removed
 * @param staticAfter time after which a head that never moves is static and starts no incident; zero for never
 */
public record TrackingConfig(
        Set<String> helmetLabels,
        Set<String> bareHeadLabels,
        double startConfidence,
        Duration confirm,
        Duration maxGap,
        Duration staticAfter) {

    /** Labels of the shipped model; tracks start at 0.5, are confirmed after 200 ms and removed 2 s after the last observation; static after 10 min. */
    public static final TrackingConfig DEFAULT = new TrackingConfig(
            Set.of("helmet"),
            Set.of("head"),
            0.5,
            Duration.ofMillis(200),
            Duration.ofSeconds(2),
            Duration.ofMinutes(10));

    /** Keeps its own copy of the labels. */
    public TrackingConfig {
        helmetLabels = Set.copyOf(helmetLabels);
        bareHeadLabels = Set.copyOf(bareHeadLabels);
    }
}
