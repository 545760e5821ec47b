package io.helmwatch.web;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts of observed heads by stream, zone and hour. Threading: any thread. */
public interface Compliance {

    /** Counts of the hours that begin within a time. */
    List<Row> between(Instant from, Instant to);

    /**
     * One hour of one zone.
     *
     * @param stream id of the stream
     * @param zone name of the zone; null for the whole frame
     * @param hour its start
     * @param helmet observed heads with a helmet
     * @param bare observed bare heads
     * @param uncertain observed heads that are neither
     * @param frames analysed frames
     * @param incidents incidents that started
     * @param timeToComplianceSeconds median time from the start of an incident to its end by compliance; null where there is none
     */
    record Row(
            String stream,
            @Nullable String zone,
            Instant hour,
            long helmet,
            long bare,
            long uncertain,
            long frames,
            long incidents,
            @Nullable Double timeToComplianceSeconds) {}
}
