package io.helmwatch.postprocess.rules;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An incident in progress: what has been observed between the decision to start and the decision to end, and the messages about it.
 *
 * <p>Times of day are the capture times of the frames. Where the clock was set while the incident is open, so that it differs from the
 * presentation time by more than {@value #CLOCK_TOLERANCE_MILLIS} ms, they continue from the start by presentation time: an incident
 * never ends before it starts, and its length is its true one.
 *
 * <p>Threading: as its rule.
 */
final class Episode {
    private static final long POSITION_STEP_MILLIS = 1_000;
    private static final int MAX_POSITIONS = 64;
    private static final long CLOCK_TOLERANCE_MILLIS = 2_000;

    private final String id;
    private final String rule;
    private final Incident.Kind kind;
    private final @Nullable String zone;
    private final List<Incident.Corner> zonePolygon;
    private final int limit;
    private final long startedNanos;
    private final long startedAtMillis;
    private final List<Incident.Position> positions = new ArrayList<>();
    private EpisodeState state = EpisodeState.OPEN;
    private int track;
    private int people = 1;
    private int revision;
    private long lastNanos;
    private long lastAtMillis;
    private long messageNanos;
    private long messageLastAtMillis;
    private int observations;
    private double confidenceSum;
    private float peakConfidence;

    /**
     * Creates an open episode.
     *
     * @param zone null where the rule applies to the whole frame
     * @param since the votes whose state {@code YES} started it
     */
    Episode(
            String id,
            String rule,
            Incident.Kind kind,
            @Nullable ZoneConfig zone,
            int limit,
            int track,
            VoteWindow since) {
        this.id = id;
        this.rule = rule;
        this.kind = kind;
        this.zone = zone == null ? null : zone.name();
        this.zonePolygon = zone == null
                ? List.of()
                : zone.polygon().stream()
                        .map(corner -> new Incident.Corner(corner.x(), corner.y()))
                        .toList();
        this.limit = limit;
        this.track = track;
        this.startedNanos = since.sinceNanos();
        this.startedAtMillis = since.sinceAtMillis();
    }

    EpisodeState state() {
        return state;
    }

    /** The head is no longer tracked. */
    void suspend() {
        state = EpisodeState.SUSPENDED;
    }

    /** The head was found again under another track id. */
    void resume(int newTrack) {
        state = EpisodeState.OPEN;
        track = newTrack;
    }

    /** Adds a frame that shows the violation. */
    void observe(FrameDetections frame, float confidence) {
        include(1, confidence, confidence);
        extendTo(frame);
    }

    /** Adds earlier observations. */
    void include(int count, double sum, float peak) {
        observations += count;
        confidenceSum += sum;
        peakConfidence = Math.max(peakConfidence, peak);
    }

    /** Sets the last frame that shows the violation. */
    void extendTo(FrameDetections frame) {
        lastNanos = frame.ptsNanos();
        lastAtMillis = Math.max(lastAtMillis, atMillis(frame));
    }

    /** Time of day of a frame, continuous from the start of the incident. */
    long atMillis(FrameDetections frame) {
        long expected = startedAtMillis + (frame.ptsNanos() - startedNanos) / 1_000_000;
        long captured = frame.capturedAtMillis();
        return Math.abs(captured - expected) <= CLOCK_TOLERANCE_MILLIS ? captured : expected;
    }

    /** Whether a position is due: at most one a second and {@value #MAX_POSITIONS} a message, so that messages stay small. */
    boolean wantsPosition(long atMillis) {
        int count = positions.size();
        return count == 0
                || (count < MAX_POSITIONS && atMillis - positions.get(count - 1).atMillis() >= POSITION_STEP_MILLIS);
    }

    /** Adds a position to the next message; ignored when the message is full. */
    void addPosition(Incident.Position position) {
        if (positions.size() < MAX_POSITIONS) {
            positions.add(position);
        }
    }

    void setPeople(int count) {
        people = count;
    }

    int people() {
        return people;
    }

    /** Presentation time of the last frame that shows the violation. */
    long lastNanos() {
        return lastNanos;
    }

    /** Whether an update is due and there is something new to report. */
    boolean wantsUpdate(long nowNanos, long everyNanos) {
        return nowNanos - messageNanos >= everyNanos && lastAtMillis != messageLastAtMillis;
    }

    /** The message that the incident started. */
    Incident start(FrameDetections frame) {
        return message(Incident.Phase.START, frame, null);
    }

    /** The message that the incident continues. */
    Incident update(FrameDetections frame) {
        return message(Incident.Phase.UPDATE, frame, null);
    }

    /** Ends the incident and returns the message about it. */
    Incident end(FrameDetections frame, Incident.EndReason reason) {
        state = EpisodeState.ENDED;
        return message(Incident.Phase.END, frame, reason);
    }

    private Incident message(Incident.Phase phase, FrameDetections frame, Incident.@Nullable EndReason reason) {
        Incident message = Incident.builder().id(id).revision(revision++).phase(phase).stream(frame.stream())
                .rule(rule)
                .kind(kind)
                .zone(zone)
                .track(track)
                .people(people)
                .limit(limit)
                .startedAtMillis(startedAtMillis)
                .lastAtMillis(lastAtMillis)
                .decidedAtMillis(Math.max(lastAtMillis, atMillis(frame)))
                .decidedSequence(frame.sequence())
                .decidedPtsNanos(frame.ptsNanos())
                .endReason(reason)
                .peakConfidence(peakConfidence)
                .meanConfidence(observations == 0 ? 0 : (float) (confidenceSum / observations))
                .observations(observations)
                .positions(positions)
                .size(frame.size())
                .model(frame.model())
                .zonePolygon(zonePolygon)
                .build();
        positions.clear();
        messageNanos = frame.ptsNanos();
        messageLastAtMillis = lastAtMillis;
        return message;
    }
}
