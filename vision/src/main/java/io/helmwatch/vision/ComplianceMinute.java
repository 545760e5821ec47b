package io.helmwatch.vision;

import org.jspecify.annotations.Nullable;

/**
 * The heads that the frames of one stream showed during one minute, in one zone or in the whole frame. Immutable.
 *
 * <p>A minute may be counted in several parts: a stream that is restarted, whose zones change, or that another node takes over, is counted anew from
 * then on; so is one whose node loses or finds the broker. Parts are
 * told apart by {@code countedSinceMillis}, and the counts of a minute are the sum of its parts. A later revision of a part replaces the
 * earlier one.
 *
 * @param stream the stream's id
 * @param countedSinceMillis when this count of the stream began, milliseconds since 1970 UTC; no two counts of a stream have the same
 * @param zone name of the zone; empty for the whole frame
 * @param minuteMillis start of the minute, by capture time, milliseconds since 1970 UTC
 * @param revision 0 at first, one more each time that the counts of this part are corrected
 * @param counts the heads
 * @param model model and backend of the latest frame
 * @param origin the node that counted; null without a cluster
 */
public record ComplianceMinute(
        String stream,
        long countedSinceMillis,
        String zone,
        long minuteMillis,
        int revision,
        HeadCounts counts,
        ModelIdentity model,
        @Nullable CountOrigin origin) {

    /** Milliseconds of a minute. */
    public static final long MINUTE_MILLIS = 60_000;

    /** Refuses a start that is not a full minute. */
    public ComplianceMinute {
        if (minuteMillis % MINUTE_MILLIS != 0) {
            throw new IllegalArgumentException("expected the start of a minute, found " + minuteMillis);
        }
    }

    /** Whether the counts must not be summed, since another node had taken the stream over. */
    public boolean isSuperseded() {
        return origin != null && origin.isSuperseded();
    }

    /** The same counts, known to be superseded. */
    public ComplianceMinute superseded() {
        return new ComplianceMinute(
                stream,
                countedSinceMillis,
                zone,
                minuteMillis,
                revision,
                counts,
                model,
                origin == null ? null : origin.superseded());
    }

    /** A later revision of this part that counts nothing. */
    public ComplianceMinute withdrawn() {
        return new ComplianceMinute(
                stream, countedSinceMillis, zone, minuteMillis, revision + 1, HeadCounts.NONE, model, origin);
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
