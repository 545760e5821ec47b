package io.helmwatch.sinks.spool;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import java.time.Instant;
import java.util.List;

/** Messages to test with. */
public final class Incidents {
    public static final long NOON = Instant.parse("2026-11-20T12:00:00Z").toEpochMilli();

    private Incidents() {}

    /** A message about an incident of somebody without a helmet. */
    public static Incident bareHead(String stream, int number, int revision, Incident.Phase phase) {
        return bareHead(stream, number, revision, phase, Incident.EndReason.COMPLIANCE);
    }

    /** The same, with the reason why it ended if it did. */
    public static Incident bareHead(
            String stream, int number, int revision, Incident.Phase phase, Incident.EndReason reason) {
        return Incident.builder()
                .id(stream + "/1795176000/no-helmet-in-pit/" + number)
                .revision(revision)
                .phase(phase)
                .stream(stream)
                .rule("no-helmet-in-pit")
                .kind(Incident.Kind.NO_HELMET)
                .zone("pit")
                .track(17)
                .startedAtMillis(NOON + 40)
                .lastAtMillis(NOON + 2_240 + 1_000L * revision)
                .decidedAtMillis(NOON + 2_240 + 1_000L * revision)
                .decidedSequence(56)
                .decidedPtsNanos(2_240_000_000L)
                .endReason(phase == Incident.Phase.END ? reason : null)
                .peakConfidence(0.9123f)
                .meanConfidence(0.84f)
                .observations(51)
                .positions(List.of(
                        new Incident.Position(17, NOON + 2_240, new BoundingBox(812.44f, 233, 871.9f, 301.25f))))
                .size(new ImageSize(1920, 1080))
                .model(new ModelIdentity("helmet-yolov5n", "1.0.0", "fp32", "cpu"))
                .build();
    }

    /** The same message with other positions. */
    public static Incident withPositions(Incident plain, List<Incident.Position> positions) {
        return Incident.builder().id(plain.id()).revision(plain.revision()).phase(plain.phase()).stream(plain.stream())
                .rule(plain.rule())
                .kind(plain.kind())
                .zone(plain.zone())
                .track(plain.track())
                .people(plain.people())
                .limit(plain.limit())
                .startedAtMillis(plain.startedAtMillis())
                .lastAtMillis(plain.lastAtMillis())
                .decidedAtMillis(plain.decidedAtMillis())
                .decidedSequence(plain.decidedSequence())
                .decidedPtsNanos(plain.decidedPtsNanos())
                .endReason(plain.endReason())
                .peakConfidence(plain.peakConfidence())
                .meanConfidence(plain.meanConfidence())
                .observations(plain.observations())
                .positions(positions)
                .size(plain.size())
                .model(plain.model())
                .snapshot(plain.snapshot())
                .build();
    }

    /** Too many people. */
    public static Incident crowd() {
        return Incident.builder().id("gate-3/1795176000/crowd/1").revision(1).phase(Incident.Phase.END).stream("gate-3")
                .rule("crowd")
                .kind(Incident.Kind.OCCUPANCY)
                .people(7)
                .limit(5)
                .startedAtMillis(NOON)
                .lastAtMillis(NOON + 9_000)
                .decidedAtMillis(NOON + 19_000)
                .decidedSequence(475)
                .decidedPtsNanos(19_000_000_000L)
                .endReason(Incident.EndReason.COMPLIANCE)
                .peakConfidence(0.95f)
                .meanConfidence(0.9f)
                .observations(120)
                .size(new ImageSize(1280, 720))
                .model(new ModelIdentity("helmet-yolov5n", "1.0.0", "fp32", "cpu"))
                .build();
    }
}
