package io.helmwatch.vision;

/**
 * The heads that the frames of one stream showed during one minute, in one zone or in the whole frame. Immutable.
 *
 * <p>A minute may be counted in several parts: a stream that is restarted, or whose zones change, is counted anew from then on. Parts are
 * told apart by {@code countedSinceMillis}, and the counts of a minute are the sum of its parts. A later revision of a part replaces the
 * earlier one.
 *
 * @param stream the stream's id
 * @param countedSinceMillis when this count of the stream began, milliseconds since 1970 UTC; no two counts of a stream have the same
 * @param zone name of the zone; empty for the whole frame
 * @param minuteMillis start of the minute, by capture time, milliseconds since 1970 UTC
 * @param revision 0 at first, one more each time that the counts of this part are corrected
 * @param helmet heads with a helmet, summed over the frames
 * @param bare bare heads
 * @param uncertain heads that are neither for sure
 * @param frames analysed frames
 * @param personMillis heads times how long each frame stands for, milliseconds
 * @param model model and backend of the latest frame
 */
public record ComplianceMinute(
        String stream,
        long countedSinceMillis,
        String zone,
        long minuteMillis,
        int revision,
        long helmet,
        long bare,
        long uncertain,
        long frames,
        long personMillis,
        ModelIdentity model) {

    /** Milliseconds of a minute. */
    public static final long MINUTE_MILLIS = 60_000;

    /** Refuses a start that is not a full minute. */
    public ComplianceMinute {
        if (minuteMillis % MINUTE_MILLIS != 0) {
            throw new IllegalArgumentException("expected the start of a minute, found " + minuteMillis);
        }
    }

    /** {@code STREAM/COUNTED-SINCE/MINUTE/ZONE}, without the zone for the whole frame: the same in all revisions of a part. */
    public String key() {
        String whole = stream + "/" + countedSinceMillis + "/" + minuteMillis / 1_000;
        return zone.isEmpty() ? whole : whole + "/" + zone;
    }

    /** The key and the revision, the same in repeats of a message. */
    public String id() {
        return key() + "/" + revision;
    }
}
