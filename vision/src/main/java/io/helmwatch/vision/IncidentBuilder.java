package io.helmwatch.vision;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Builds an {@link Incident}, which documents the components. Defaults: the first message of an open incident of one person, in the whole frame,
 * without positions, snapshot, clip and cluster.
 *
 * <p>Threading: one thread.
 */
public final class IncidentBuilder {
    private @Nullable String id;
    private int revision;
    private Incident.Phase phase = Incident.Phase.START;
    private @Nullable String stream;
    private @Nullable String rule;
    private Incident.@Nullable Kind kind;
    private @Nullable String zone;
    private int track;
    private int people = 1;
    private int limit;
    private long startedAtMillis;
    private long lastAtMillis;
    private long decidedAtMillis;
    private long decidedSequence;
    private long decidedPtsNanos;
    private Incident.@Nullable EndReason endReason;
    private float peakConfidence;
    private float meanConfidence;
    private int observations;
    private List<Incident.Position> positions = List.of();
    private @Nullable ImageSize size;
    private @Nullable ModelIdentity model;
    private Incident.@Nullable Snapshot snapshot;
    private List<Incident.Corner> zonePolygon = List.of();
    private Incident.@Nullable Clip clip;
    private @Nullable NodeEpoch origin;

    IncidentBuilder() {}

    IncidentBuilder(Incident incident) {
        id = incident.id();
        revision = incident.revision();
        phase = incident.phase();
        stream = incident.stream();
        rule = incident.rule();
        kind = incident.kind();
        zone = incident.zone();
        track = incident.track();
        people = incident.people();
        limit = incident.limit();
        startedAtMillis = incident.startedAtMillis();
        lastAtMillis = incident.lastAtMillis();
        decidedAtMillis = incident.decidedAtMillis();
        decidedSequence = incident.decidedSequence();
        decidedPtsNanos = incident.decidedPtsNanos();
        endReason = incident.endReason();
        peakConfidence = incident.peakConfidence();
        meanConfidence = incident.meanConfidence();
        observations = incident.observations();
        positions = incident.positions();
        size = incident.size();
        model = incident.model();
        snapshot = incident.snapshot();
        zonePolygon = incident.zonePolygon();
        clip = incident.clip();
        origin = incident.origin();
    }

    public IncidentBuilder id(String value) {
        id = value;
        return this;
    }

    public IncidentBuilder revision(int value) {
        revision = value;
        return this;
    }

    public IncidentBuilder phase(Incident.Phase value) {
        phase = value;
        return this;
    }

    public IncidentBuilder stream(String value) {
        stream = value;
        return this;
    }

    public IncidentBuilder rule(String value) {
        rule = value;
        return this;
    }

    public IncidentBuilder kind(Incident.Kind value) {
        kind = value;
        return this;
    }

    public IncidentBuilder zone(@Nullable String value) {
        zone = value;
        return this;
    }

    public IncidentBuilder track(int value) {
        track = value;
        return this;
    }

    public IncidentBuilder people(int value) {
        people = value;
        return this;
    }

    public IncidentBuilder limit(int value) {
        limit = value;
        return this;
    }

    public IncidentBuilder startedAtMillis(long value) {
        startedAtMillis = value;
        return this;
    }

    public IncidentBuilder lastAtMillis(long value) {
        lastAtMillis = value;
        return this;
    }

    public IncidentBuilder decidedAtMillis(long value) {
        decidedAtMillis = value;
        return this;
    }

    public IncidentBuilder decidedSequence(long value) {
        decidedSequence = value;
        return this;
    }

    public IncidentBuilder decidedPtsNanos(long value) {
        decidedPtsNanos = value;
        return this;
    }

    public IncidentBuilder endReason(Incident.@Nullable EndReason value) {
        endReason = value;
        return this;
    }

    public IncidentBuilder peakConfidence(float value) {
        peakConfidence = value;
        return this;
    }

    public IncidentBuilder meanConfidence(float value) {
        meanConfidence = value;
        return this;
    }

    public IncidentBuilder observations(int value) {
        observations = value;
        return this;
    }

    public IncidentBuilder positions(List<Incident.Position> value) {
        positions = value;
        return this;
    }

    public IncidentBuilder size(ImageSize value) {
        size = value;
        return this;
    }

    public IncidentBuilder model(ModelIdentity value) {
        model = value;
        return this;
    }

    public IncidentBuilder snapshot(Incident.@Nullable Snapshot value) {
        snapshot = value;
        return this;
    }

    public IncidentBuilder zonePolygon(List<Incident.Corner> value) {
        zonePolygon = value;
        return this;
    }

    public IncidentBuilder clip(Incident.@Nullable Clip value) {
        clip = value;
        return this;
    }

    public IncidentBuilder origin(@Nullable NodeEpoch value) {
        origin = value;
        return this;
    }

    /**
     * The message.
     *
     * @throws NullPointerException where id, stream, rule, kind, size or model is missing
     */
    public Incident build() {
        return new Incident(
                Objects.requireNonNull(id, "id"),
                revision,
                phase,
                Objects.requireNonNull(stream, "stream"),
                Objects.requireNonNull(rule, "rule"),
                Objects.requireNonNull(kind, "kind"),
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
                Objects.requireNonNull(size, "size"),
                Objects.requireNonNull(model, "model"),
                snapshot,
                zonePolygon,
                clip,
                origin);
    }
}
