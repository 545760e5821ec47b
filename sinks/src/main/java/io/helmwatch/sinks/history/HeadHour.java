package io.helmwatch.sinks.history;

import io.helmwatch.vision.HeadCounts;
import org.jspecify.annotations.Nullable;

/**
 * What was observed in one zone during one hour.
 *
 * @param stream id of the stream
 * @param zone name of the zone; empty for the whole frame
 * @param startMillis start of the hour, milliseconds since 1970 UTC
 * @param counts the observed heads, summed over the frames
 * @param incidents incidents that started
 * @param medianComplianceMillis median time from the start of an incident to its end by compliance; null where none ended so
 */
public record HeadHour(
        String stream,
        String zone,
        long startMillis,
        HeadCounts counts,
        long incidents,
        @Nullable Long medianComplianceMillis) {}
