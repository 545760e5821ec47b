package io.helmwatch.sinks.compliance;

import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.HeadCounts;

/**
 * What was observed in one zone during a quarter of an hour, or the difference that a message makes to it. Every time zone differs from UTC by a multiple
 * of a quarter of an hour, so that hours and shifts of each are sums of them.
 *
 * @param stream id of the stream
 * @param zone name of the zone; empty for the whole frame
 * @param startMillis its start, milliseconds since 1970 UTC
 * @param counts the observed heads, summed over the frames
 * @param analysedMinutes minutes with an analysed frame
 */
public record ComplianceQuarter(String stream, String zone, long startMillis, HeadCounts counts, long analysedMinutes) {

    /** Milliseconds of a quarter of an hour. */
    public static final long MILLIS = 15 * ComplianceMinute.MINUTE_MILLIS;

    /** Start of the quarter of a time, milliseconds since 1970 UTC. */
    public static long startOf(long millis) {
        return Math.floorDiv(millis, MILLIS) * MILLIS;
    }

    /** The sum with other counts of the same zone. */
    public ComplianceQuarter plus(ComplianceQuarter other) {
        return new ComplianceQuarter(
                stream, zone, startMillis, counts.plus(other.counts), analysedMinutes + other.analysedMinutes);
    }
}
