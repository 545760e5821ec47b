package io.helmwatch.sinks.history;

import org.jspecify.annotations.Nullable;

/**
 * What was observed in one zone during one hour.
 *
 * @param stream id of the stream
 * @param zone name of the zone; empty for the whole frame
 * @param startMillis start of the hour, milliseconds since 1970 UTC
 * @param helmet observed heads with a helmet, summed over the frames
 * @param bare observed bare heads
 * @param uncertain observed heads that are neither for sure
 * @param frames analysed frames
 * @param personMillis observed heads times how long each frame stands for, milliseconds
 * @param incidents incidents that started
 * @param medianComplianceMillis median time from the start of an incident to its end by compliance; null where none ended so
 */
public record HeadHour(
        String stream,
        String zone,
        long startMillis,
        long helmet,
        long bare,
        long uncertain,
        long frames,
        long personMillis,
        long incidents,
        @Nullable Long medianComplianceMillis) {}
