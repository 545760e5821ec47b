package io.helmwatch.sinks.history;

import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.Incident.EndReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An incident of the history, as of its latest message.
 *
 * @param number its number in the file, growing with each incident
 * @param id as in the events
 * @param stream id of the stream
 * @param rule name of the rule
 * @param kind what the rule detects
 * @param zone name of the zone; null where the rule applies to the whole frame
 * @param zonePolygon corners of the zone; empty where the rule applies to the whole frame
 * @param startedMillis capture time of the first observation
 * @param lastMillis capture time of the last one so far
 * @param endReason why it ended; null while it is open
 * @param people for rules about several people, the count farthest from the limit; else 1
 * @param track track within the stream's run; 0 for rules about several people
 * @param peakConfidence highest confidence of an observation, 0..1
 * @param size size of the source frame
 * @param snapshotPath path of the image below the snapshot folder; null where there is none
 * @param acknowledgement who dealt with it; null while nobody has
 * @param positions positions over time, oldest first; empty in a search
 * @param clip its video; null where there is none
 * @param node the node that detected it, and has its image and video; null without a cluster
 * @param isSuperseded whether another node had taken the stream over when it started
 */
public record RecordedIncident(
        long number,
        String id,
        String stream,
        String rule,
        Incident.Kind kind,
        @Nullable String zone,
        List<Incident.Corner> zonePolygon,
        long startedMillis,
        long lastMillis,
        @Nullable EndReason endReason,
        int people,
        int track,
        float peakConfidence,
        ImageSize size,
        @Nullable String snapshotPath,
        @Nullable Acknowledgement acknowledgement,
        List<Incident.Position> positions,
        @Nullable Clip clip,
        @Nullable String node,
        boolean isSuperseded) {

    /** Keeps its own copies. */
    public RecordedIncident {
        zonePolygon = List.copyOf(zonePolygon);
        positions = List.copyOf(positions);
    }

    /**
     * An acknowledgement.
     *
     * @param atMillis when, milliseconds since 1970 UTC
     * @param by by whom
     * @param note what was done; may be empty
     */
    public record Acknowledgement(long atMillis, String by, String note) {}

    /**
     * A stored video.
     *
     * @param path path of the file below the clip folder, or with its URL prefix
     * @param sidecar path of its sidecar, likewise
     * @param fromMillis capture time of its first frame
     * @param toMillis capture time of its last frame
     * @param isMasked as {@link Incident.Clip#isMasked}
     */
    public record Clip(String path, String sidecar, long fromMillis, long toMillis, boolean isMasked) {}

    /** Its place in the order of searches. */
    public IncidentQuery.Cursor cursor() {
        return new IncidentQuery.Cursor(startedMillis, number);
    }

    /** The same with positions. */
    RecordedIncident withPositions(List<Incident.Position> over) {
        return new RecordedIncident(
                number,
                id,
                stream,
                rule,
                kind,
                zone,
                zonePolygon,
                startedMillis,
                lastMillis,
                endReason,
                people,
                track,
                peakConfidence,
                size,
                snapshotPath,
                acknowledgement,
                over,
                clip,
                node,
                isSuperseded);
    }
}
