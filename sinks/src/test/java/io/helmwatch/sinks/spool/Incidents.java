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
        return new Incident(
                stream + "/1795176000/no-helmet-in-pit/" + number,
                revision,
                phase,
                stream,
                "no-helmet-in-pit",
                Incident.Kind.NO_HELMET,
                "pit",
                17,
                1,
                0,
                NOON + 40,
                NOON + 2_240 + 1_000L * revision,
                NOON + 2_240 + 1_000L * revision,
                56,
                2_240_000_000L,
                phase == Incident.Phase.END ? reason : null,
                0.9123f,
                0.84f,
                51,
                List.of(new Incident.Position(17, NOON + 2_240, new BoundingBox(812.44f, 233, 871.9f, 301.25f))),
                new ImageSize(1920, 1080),
                new ModelIdentity("helmet-yolov5n", "1.0.0", "fp32", "cpu"),
                null,
                List.of());
    }

    /** The same message with other positions. */
    public static Incident withPositions(Incident plain, List<Incident.Position> positions) {
        return new Incident(
                plain.id(),
                plain.revision(),
                plain.phase(),
                plain.stream(),
                plain.rule(),
                plain.kind(),
                plain.zone(),
                plain.track(),
                plain.people(),
                plain.limit(),
                plain.startedAtMillis(),
                plain.lastAtMillis(),
                plain.decidedAtMillis(),
                plain.decidedSequence(),
                plain.decidedPtsNanos(),
                plain.endReason(),
                plain.peakConfidence(),
                plain.meanConfidence(),
                plain.observations(),
                positions,
                plain.size(),
                plain.model(),
                plain.snapshot(),
                List.of());
    }

    /** Too many people. */
    public static Incident crowd() {
        return new Incident(
                "gate-3/1795176000/crowd/1",
                1,
                Incident.Phase.END,
                "gate-3",
                "crowd",
                Incident.Kind.OCCUPANCY,
                null,
                0,
                7,
                5,
                NOON,
                NOON + 9_000,
                NOON + 19_000,
                475,
                19_000_000_000L,
                Incident.EndReason.COMPLIANCE,
                0.95f,
                0.9f,
                120,
                List.of(),
                new ImageSize(1280, 720),
                new ModelIdentity("helmet-yolov5n", "1.0.0", "fp32", "cpu"),
                null,
                List.of());
    }
}
