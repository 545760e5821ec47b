package io.helmwatch.sinks.compliance;

import java.util.List;
import java.util.Map;

/** Sums of observed heads by stream, zone and quarter of an hour. Threading: any thread. */
public interface ComplianceQuarters {

    /**
     * The quarters that start within a time, in the order of time; sums of whole hours, which an earlier version wrote, stand in their first quarter.
     *
     * @param fromMillis milliseconds since 1970 UTC
     * @param toMillis exclusive
     */
    List<ComplianceQuarter> quarters(long fromMillis, long toMillis);

    /** Start of the first quarter of each stream, milliseconds since 1970 UTC. */
    Map<String, Long> firstMillis();
}
