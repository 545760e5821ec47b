package io.helmwatch.vision;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message about an incident: that it started, how it goes on, that it is over. Immutable.
 *
 * @param id the incident's id, the same in all its messages: {@code stream/epoch/rule/number}; the same frames give the same id
 * @param revision 0 for the start, one more with each message
 * @param phase what the message says
 * @param stream the stream's id
 * @param rule the rule's name
 * @param kind what the rule looks for
 * @param zone where it began; null where the rule counts in the whole picture
 * @param track number of the head within the run of the stream, 0 for rules about several people
 * @param people for rules about several people: how many there were, farthest from the limit; else 1
 * @param limit for rules about several people: the number that is in order; else 0
 * @param startedAtMillis capture time of the first observation that counts
 * @param lastAtMillis capture time of the last one so far; of the whole incident once it has ended
 * @param decidedAtMillis capture time of the frame that caused this message
 * @param decidedSequence number of that frame in the stream's run
 * @param decidedPtsNanos presentation time of that frame
 * @param endReason why it ended; null before
 * @param peakConfidence highest confidence of an observation, 0..1
 * @param meanConfidence mean confidence of the observations, 0..1
 * @param observations frames that showed it
 * @param positions where it was seen since the last message, oldest first, at most one per head and second
 * @param size the source picture's size
 * @param model which network on which backend
 * @param snapshot the picture that proves it; null where there is none
 */
public record Incident(
        String id,
        int revision,
        Phase phase,
        String stream,
        String rule,
        Kind kind,
        @Nullable String zone,
        int track,
        int people,
        int limit,
        long startedAtMillis,
        long lastAtMillis,
        long decidedAtMillis,
        long decidedSequence,
        long decidedPtsNanos,
        @Nullable EndReason endReason,
        float peakConfidence,
        float meanConfidence,
        int observations,
        List<Position> positions,
        ImageSize size,
        ModelIdentity model,
        @Nullable Snapshot snapshot) {

    /** Keeps its own copy of the positions. */
    public Incident {
        positions = List.copyOf(positions);
    }

    /** The message's own id, by which repeats are told: {@code id/revision}. */
    public String eventId() {
        return id + "/" + revision;
    }

    /** The same with a picture. */
    public Incident withSnapshot(Snapshot picture) {
        return new Incident(
                id,
                revision,
                phase,
                stream,
                rule,
                kind,
                zone,
                track,
                people,
                limit,
                startedAtMillis,
                lastAtMillis,
                decidedAtMillis,
                decidedSequence,
                decidedPtsNanos,
                endReason,
                peakConfidence,
                meanConfidence,
                observations,
                positions,
                size,
                model,
                picture);
    }

    /** What a message says. */
    public enum Phase {
        /** The incident began. */
        START,
        /** It goes on. */
        UPDATE,
        /** It is over. */
        END
    }

    /** What a rule looks for. */
    public enum Kind {
        /** Somebody without a helmet. */
        NO_HELMET,
        /** Too many or too few people. */
        OCCUPANCY
    }

    /** Why an incident ended. */
    public enum EndReason {
        /** What the rule asks for is the case again. */
        COMPLIANCE,
        /** The head is no longer seen. */
        ABSENCE,
        /** The head is outside the rule's zones. */
        LEFT_ZONE,
        /** Whether there is a helmet can no longer be told. */
        UNCERTAIN,
        /** The rule is no longer in force at this time of day. */
        SCHEDULE,
        /** The rule or its zone was changed or taken away. */
        RULE_CHANGED,
        /** The stream came to its end. */
        STREAM_ENDED,
        /** The stream has shown no frame for too long. */
        STREAM_LOST,
        /** The process ended before the incident did. */
        INTERRUPTED
    }

    /**
     * Where a head was.
     *
     * @param track number of the head
     * @param atMillis capture time
     * @param sourceBox in source pixels
     */
    public record Position(int track, long atMillis, BoundingBox sourceBox) {}

    /**
     * A stored picture.
     *
     * @param path where, as consumers are told: relative to the snapshot folder, or a URL
     * @param sha256 digest of the file, lower-case hexadecimal
     * @param drawnPath the same picture with the boxes drawn; null where not stored
     * @param drawnSha256 its digest; null where not stored
     */
    public record Snapshot(
            String path,
            String sha256,
            @Nullable String drawnPath,
            @Nullable String drawnSha256) {}
}
