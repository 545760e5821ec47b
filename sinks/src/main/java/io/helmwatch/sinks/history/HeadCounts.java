package io.helmwatch.sinks.history;

/**
 * What was observed in one zone during a quarter of an hour, or during an hour that an earlier version summed.
 *
 * @param stream id of the stream
 * @param zone name of the zone; empty for the whole frame
 * @param startMillis its start, milliseconds since 1970 UTC
 * @param helmet observed heads with a helmet, summed over the frames
 * @param bare observed bare heads
 * @param uncertain observed heads that are neither for sure
 * @param frames analysed frames
 * @param personMillis observed heads times how long each frame stands for, milliseconds
 */
public record HeadCounts(
        String stream,
        String zone,
        long startMillis,
        long helmet,
        long bare,
        long uncertain,
        long frames,
        long personMillis) {

    /** Milliseconds of an hour. */
    public static final long HOUR_MILLIS = 3_600_000;

    /** Milliseconds of a quarter of an hour. */
    public static final long QUARTER_MILLIS = HOUR_MILLIS / 4;

    /** The sum with the counts of another time of the same zone. */
    public HeadCounts plus(HeadCounts other) {
        return new HeadCounts(
                stream,
                zone,
                startMillis,
                helmet + other.helmet,
                bare + other.bare,
                uncertain + other.uncertain,
                frames + other.frames,
                personMillis + other.personMillis);
    }
}
