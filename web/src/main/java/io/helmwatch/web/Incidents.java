package io.helmwatch.web;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The history of incidents. Ids are those of the events. An id that does not exist is {@link RefusedException.Kind#NOT_FOUND}.
 *
 * <p>Threading: any thread.
 */
public interface Incidents {

    /** Largest number of incidents of a page. */
    int MAX_LIMIT = 1_000;

    /** A page of incidents, newest first, without their boxes. */
    Page search(Query query);

    /** An incident with its boxes; empty where there is none of this id. */
    Optional<Incident> find(String id);

    /** The stored JPEG without boxes; empty where there is none. */
    Optional<byte[]> snapshot(String id);

    /** The stored video; empty where there is none. */
    Optional<ClipFile> clip(String id);

    /** The sidecar of the stored video, JSON; empty where there is none. */
    Optional<byte[]> clipFrames(String id);

    /**
     * Marks an incident as dealt with.
     *
     * @param by who did
     * @param note what was done; may be empty
     */
    Incident acknowledge(String id, String by, String note);

    /** Takes an acknowledgement back. */
    Incident withdrawAcknowledgement(String id);

    /** Which incidents a search returns. */
    enum State {
        /** Every incident. */
        ALL,
        /** Not ended. */
        OPEN,
        /** Not acknowledged. */
        NEW,
        /** Acknowledged. */
        ACKNOWLEDGED
    }

    /**
     * A search; a null field filters nothing.
     *
     * @param from earliest start
     * @param to start before
     * @param stream id of the stream
     * @param zone name of the zone
     * @param rule name of the rule
     * @param state state of the incident
     * @param limit most incidents of a page, 1 to {@link #MAX_LIMIT}
     * @param cursor {@link Page#next} of the page before
     */
    record Query(
            @Nullable Instant from,
            @Nullable Instant to,
            @Nullable String stream,
            @Nullable String zone,
            @Nullable String rule,
            State state,
            int limit,
            @Nullable String cursor) {}

    /**
     * A page of a search.
     *
     * @param incidents newest first
     * @param next cursor of the next page; null on the last
     */
    record Page(List<Incident> incidents, @Nullable String next) {}

    /**
     * A point.
     *
     * @param x from the left edge, 0 to 1
     * @param y from the top edge, 0 to 1
     */
    record Point(double x, double y) {}

    /**
     * An acknowledgement.
     *
     * @param at when
     * @param by by whom
     * @param note what was done; may be empty
     */
    record Acknowledgement(Instant at, String by, String note) {}

    /**
     * A head at a time.
     *
     * @param at capture time
     * @param box left, top, right, bottom in source pixels
     * @param confidence 0 to 1
     * @param label class of the detection
     */
    record Box(Instant at, List<Double> box, double confidence, String label) {}

    /**
     * A stored video.
     *
     * @param from capture time of its first frame
     * @param to capture time of its last frame
     * @param masked whether it was encoded again with masks black or heads blurred
     */
    record Clip(Instant from, Instant to, boolean masked) {}

    /**
     * The file of a video.
     *
     * @param bytes its size
     * @param part reads a part of it
     */
    record ClipFile(long bytes, Part part) {}

    /** Reads parts of a file. */
    @FunctionalInterface
    interface Part {
        /**
         * Bytes of the file.
         *
         * @param first the first of them
         * @param length their number
         * @throws RefusedException when they cannot be read
         */
        byte[] read(long first, int length);
    }

    /**
     * An incident.
     *
     * @param id as in the events
     * @param stream id of the stream
     * @param rule name of the rule
     * @param kind what the rule detects
     * @param zone name of the zone; null where the rule applies to the whole frame
     * @param polygon corners of the zone; empty where the rule applies to the whole frame
     * @param state open or ended
     * @param startedAt capture time of its first frame
     * @param endedAt capture time of its last frame; null while it is open
     * @param endReason why it ended; null while it is open
     * @param durationSeconds from start to end, or to now
     * @param confidence highest confidence of its detections, 0 to 1
     * @param people for rules about several people, their number; else 1
     * @param track track within the stream's run; 0 for rules about several people
     * @param acknowledged who dealt with it; null while nobody has
     * @param snapshot whether there is a JPEG
     * @param width width of the source frame in pixels
     * @param height height of the source frame in pixels
     * @param boxes positions over time; empty in a search
     * @param clip its video; null where there is none
     * @param node name of the node of a cluster that detected it, and has its image and video; null without a cluster
     * @param superseded whether another node had the stream already when it started: nobody needs to act on it
     */
    record Incident(
            String id,
            String stream,
            String rule,
            String kind,
            @Nullable String zone,
            List<Point> polygon,
            String state,
            Instant startedAt,
            @Nullable Instant endedAt,
            @Nullable String endReason,
            double durationSeconds,
            double confidence,
            int people,
            int track,
            @Nullable Acknowledgement acknowledged,
            boolean snapshot,
            int width,
            int height,
            List<Box> boxes,
            @Nullable Clip clip,
            @Nullable String node,
            boolean superseded) {}
}
