package io.helmwatch.sinks.history;

/**
 * What was observed in one zone, to be added to the sums of its hour.
 *
 * @param stream id of the stream
 * @param zone name of the zone; empty for the whole frame
 * @param hourMillis start of the hour, milliseconds since 1970 UTC
 * @param helmet observed heads with a helmet, summed over the frames
 * @param bare observed bare heads
 * @param uncertain observed heads that are neither for sure
 * @param frames analysed frames
 * @param personMillis observed heads times how long each frame stands for, milliseconds
 */
public record HeadCounts(
        String stream,
        String zone,
        long hourMillis,
        long helmet,
        long bare,
        long uncertain,
        long frames,
        long personMillis) {

    /** Milliseconds of an hour. */
    public static final long HOUR_MILLIS = 3_600_000;
}
