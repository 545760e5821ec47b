package io.helmwatch.config;

import java.time.Duration;
import java.util.Set;

/**
 * How heads are followed from frame to frame.
 *
 * @param helmetLabels labels of the model that mean a head with a helmet
 * @param bareHeadLabels labels of the model that mean a bare head
 * @param startConfidence smallest confidence that begins a track, 0..1; weaker boxes only prolong one
 * @param confirm how much observed time makes a track count; at least two observations whatever the rate
 * @param maxGap longest time without an observation that a track survives
 */
public record TrackingConfig(
        Set<String> helmetLabels,
        Set<String> bareHeadLabels,
        double startConfidence,
        Duration confirm,
        Duration maxGap) {

    /** Labels of the shipped model; begun at 0.5, confirmed after 0.2 s, kept over gaps of 2 s. */
    public static final TrackingConfig DEFAULT =
            new TrackingConfig(Set.of("helmet"), Set.of("head"), 0.5, Duration.ofMillis(200), Duration.ofSeconds(2));

    /** Keeps its own copy of the labels. */
    public TrackingConfig {
        helmetLabels = Set.copyOf(helmetLabels);
        bareHeadLabels = Set.copyOf(bareHeadLabels);
    }
}
