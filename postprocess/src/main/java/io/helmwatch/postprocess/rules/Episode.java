package io.helmwatch.postprocess.rules;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An incident as it grows: from the decision to start until the decision to end. */
final class Episode {
    private static final long POSITION_STEP_MILLIS = 1_000;
    private static final int MAX_POSITIONS = 64;

    private final String id;
    private final String rule;
    private final Incident.Kind kind;
    private final @Nullable String zone;
    private final int limit;
    private final long startedAtMillis;
    private final List<Incident.Position> positions = new ArrayList<>();
    private int track;
    private int people = 1;
    private int revision;
    private long lastNanos;
    private long lastAtMillis;
    private long messageNanos;
    private long messageLastAtMillis;
    private long positionAtMillis = Long.MIN_VALUE;
    private int observations;
    private double confidenceSum;
    private float peakConfidence;

    Episode(
            String id,
            String rule,
            Incident.Kind kind,
            @Nullable String zone,
            int limit,
            int track,
            long startedAtMillis) {
        this.id = id;
        this.rule = rule;
        this.kind = kind;
        this.zone = zone;
        this.limit = limit;
        this.track = track;
        this.startedAtMillis = startedAtMillis;
    }

    /** A frame shows it. */
    void observe(FrameDetections frame, float confidence) {
        include(1, confidence, confidence);
        seen(frame);
    }

    /** Observations that count. */
    void include(int count, double sum, float peak) {
        observations += count;
        confidenceSum += sum;
        peakConfidence = Math.max(peakConfidence, peak);
    }

    /** The last frame so far that shows it. */
    void seen(FrameDetections frame) {
        lastNanos = frame.ptsNanos();
        lastAtMillis = frame.capturedAtMillis();
    }

    /** Whether a position may be noted now: at most one a second, so that messages stay small. */
    boolean wantsPosition(long atMillis) {
        return positions.size() < MAX_POSITIONS
                && (positionAtMillis == Long.MIN_VALUE || atMillis - positionAtMillis >= POSITION_STEP_MILLIS);
    }

    void position(Incident.Position position) {
        positionAtMillis = position.atMillis();
        if (positions.size() < MAX_POSITIONS) {
            positions.add(position);
        }
    }

    void people(int count) {
        people = count;
    }

    int people() {
        return people;
    }

    int track() {
        return track;
    }

    /** The head goes on under another number. */
    void follow(int newTrack) {
        track = newTrack;
    }

    long lastNanos() {
        return lastNanos;
    }

    boolean wantsUpdate(long nowNanos, long everyNanos) {
        return nowNanos - messageNanos >= everyNanos && lastAtMillis != messageLastAtMillis;
    }

    Incident message(Incident.Phase phase, FrameDetections frame, Incident.@Nullable EndReason reason) {
        Incident message = new Incident(
                id,
                revision++,
                phase,
                frame.stream(),
                rule,
                kind,
                zone,
                track,
                people,
                limit,
                startedAtMillis,
                lastAtMillis,
                frame.capturedAtMillis(),
                frame.sequence(),
                frame.ptsNanos(),
                reason,
                peakConfidence,
                observations == 0 ? 0 : (float) (confidenceSum / observations),
                observations,
                positions,
                frame.size(),
                frame.model(),
                null);
        positions.clear();
        positionAtMillis = Long.MIN_VALUE;
        messageNanos = frame.ptsNanos();
        messageLastAtMillis = lastAtMillis;
        return message;
    }
}
