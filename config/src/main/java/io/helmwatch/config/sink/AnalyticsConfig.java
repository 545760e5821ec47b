package io.helmwatch.config.sink;

import java.time.Duration;

/**
 * Site-wide figures: sums of the counts of all nodes, kept in a topic.
 *
 * @param topic topic of the sums, compacted
 * @param applicationId name under which the processes that sum share the work
 * @param late how long after a quarter of an hour its counts are still accepted
 * @param keep how long sums are kept
 * @param desk whether the desk shows these sums in place of its own counts
 */
public record AnalyticsConfig(String topic, String applicationId, Duration late, Duration keep, boolean desk) {

    /** Topic {@code helmwatch.compliance.quarters}, 2 days, 35 days; the desk shows its own counts. */
    public static final AnalyticsConfig DEFAULT = new AnalyticsConfig(
            "helmwatch.compliance.quarters", "helmwatch-analytics", Duration.ofDays(2), Duration.ofDays(35), false);
}
