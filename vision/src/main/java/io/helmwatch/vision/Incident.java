package io.helmwatch.vision;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message about an incident: that it started, continues or ended, or that its clip is stored. Immutable.
 *
 * @param id the incident's id, the same in all its messages: {@code stream/epoch/rule/number}; the same frames give the same id
 * @param revision 0 for the start, one more with each message
 * @param phase what the message reports
 * @param stream the stream's id
 * @param rule the rule's name
 * @param kind what the rule detects
 * @param zone where it started; null where the rule applies to the whole frame
 * @param track id of the track within the run of the stream, 0 for rules about several people
 * @param people for rules about several people: the count farthest from the limit; else 1
 * @param limit for rules about several people: the configured limit; else 0
 * @param startedAtMillis capture time of the first observation that counts
 * @param lastAtMillis capture time of the last one so far; of the whole incident once it has ended
 * @param decidedAtMillis capture time of the frame that caused this message
 * @param decidedSequence number of that frame in the stream's run
 * @param decidedPtsNanos presentation time of that frame
 * @param endReason why it ended; null while open
 * @param peakConfidence highest confidence of an observation, 0..1
 * @param meanConfidence mean confidence of the observations, 0..1
 * @param observations number of frames that show it
 * @param positions positions since the last message, oldest first, at most one per head and second
 * @param size size of the source frame
 * @param model model and backend
 * @param snapshot the stored image; null where there is none
 * @param zonePolygon corners of the zone in order; empty where the rule applies to the whole frame or the zone is not known
 * @param clip the stored video; null except in messages of {@link Phase#EVIDENCE}
 * @param origin the node that detected it; null without a cluster
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
        @Nullable Snapshot snapshot,
        List<Corner> zonePolygon,
        @Nullable Clip clip,
        @Nullable NodeEpoch origin) {

    /** Keeps its own copies of the positions and corners. */
    public Incident {
        positions = List.copyOf(positions);
        zonePolygon = List.copyOf(zonePolygon);
    }

    /** Puts together a message. */
    public static IncidentBuilder builder() {
        return new IncidentBuilder();
    }

    /** A copy of which parts can be changed. */
    private IncidentBuilder copy() {
        return new IncidentBuilder(this);
    }

    /** Id of the message, by which consumers drop repeats: {@code id/revision}. */
    public String eventId() {
        return id + "/" + revision;
    }

    /** Whether the incident has ended, with this message or before it. */
    public boolean hasEnded() {
        return endReason != null;
    }

    /** A copy with a snapshot. */
    public Incident withSnapshot(Snapshot stored) {
        return copy().snapshot(stored).build();
    }

    /** A copy with the corners of its zone. */
    public Incident withZonePolygon(List<Corner> corners) {
        return copy().zonePolygon(corners).build();
    }

    /** A copy that names the node that detected it. */
    public Incident withOrigin(NodeEpoch detected) {
        return copy().origin(detected).build();
    }

    /** A copy with another number among the messages of its incident. */
    public Incident withRevision(int number) {
        return copy().revision(number).build();
    }

    /** The message after this one, which says that the clip of the incident is stored. */
    public Incident evidence(Clip stored) {
        return copy().revision(revision + 1)
                .phase(Phase.EVIDENCE)
                .positions(List.of())
                .snapshot(null)
                .clip(stored)
                .build();
    }

    /**
     * A corner of a zone in normalised coordinates: origin top-left, 1 is the right or bottom edge of the frame.
     *
     * @param x 0..1
     * @param y 0..1
     */
    public record Corner(double x, double y) {}

    /** What a message reports. */
    public enum Phase {
        /** The incident started. */
        START,
        /** The incident continues. */
        UPDATE,
        /** The incident ended. */
        END,
        /** The clip of the incident is stored; it may be open or ended. */
        EVIDENCE
    }

    /** What a rule detects. */
    public enum Kind {
        /** Somebody without a helmet. */
        NO_HELMET,
        /** Too many or too few people. */
        OCCUPANCY
    }

    /** Why an incident ended. */
    public enum EndReason {
        /** The rule is complied with again. */
        COMPLIANCE,
        /** The head is no longer detected. */
        ABSENCE,
        /** The head is outside the rule's zones. */
        LEFT_ZONE,
        /** Detections no longer show clearly whether there is a helmet. */
        UNCERTAIN,
        /** The schedule of the rule no longer applies. */
        SCHEDULE,
        /** The rule or its zone was changed or removed. */
        RULE_CHANGED,
        /** The head has never moved: it is no person. */
        STATIC,
        /** The stream ended. */
        STREAM_ENDED,
        /** No frame arrived for too long. */
        STREAM_LOST,
        /** The process ended before the incident did. */
        INTERRUPTED,
        /** The node that had the camera is gone; the one that took the camera over ended it. */
        NODE_LOST
    }

    /**
     * A position of a head.
     *
     * @param track id of the track
     * @param atMillis capture time
     * @param sourceBox in source pixels
     */
    public record Position(int track, long atMillis, BoundingBox sourceBox) {}

    /**
     * A stored video of the incident.
     *
     * @param path path as published: relative to the clip directory, or a URL
     * @param sha256 SHA-256 of the file, lower-case hexadecimal
     * @param url absolute URL of the file
     * @param bytes size of the file
     * @param fromMillis capture time of its first frame
     * @param toMillis capture time of its last frame
     * @param isMasked whether it was encoded again with masks blackened or heads blurred; else it is the camera's own video
     * @param sidecar the boxes of its frames
     */
    public record Clip(
            String path,
            String sha256,
            String url,
            long bytes,
            long fromMillis,
            long toMillis,
            boolean isMasked,
            Sidecar sidecar) {}

    /**
     * A stored description of a clip's frames.
     *
     * @param path path as published, as {@link Clip#path}
     * @param sha256 SHA-256 of the file, lower-case hexadecimal
     * @param url absolute URL of the file
     */
    public record Sidecar(String path, String sha256, String url) {}

    /**
     * A stored image.
     *
     * @param path path as published: relative to the snapshot directory, or a URL
     * @param sha256 SHA-256 of the file, lower-case hexadecimal
     * @param drawnPath path of the same image with boxes drawn; null where not stored
     * @param drawnSha256 SHA-256 of that file; null where not stored
     * @param url absolute URL of the image; null where not known
     * @param drawnUrl absolute URL of the image with boxes drawn; null where not stored
     */
    public record Snapshot(
            String path,
            String sha256,
            @Nullable String drawnPath,
            @Nullable String drawnSha256,
            @Nullable String url,
            @Nullable String drawnUrl) {

        /** An image without URLs. */
        public Snapshot(String path, String sha256, @Nullable String drawnPath, @Nullable String drawnSha256) {
            this(path, sha256, drawnPath, drawnSha256, null, null);
        }
    }
}
