package io.helmwatch.sinks.compliance;

import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.CountOrigin;
import io.helmwatch.vision.HeadCounts;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.NodeEpoch;

/** Counts to test with. */
public final class Minutes {
    /** 2026-11-20T12:00:00Z. */
    public static final long NOON = 1_795_176_000_000L;

    private static final ModelIdentity MODEL = new ModelIdentity("helmet-yolov5n", "1.0.0", "fp32", "cpu");

    private Minutes() {}

    /** The message that the documents show. */
    public static ComplianceMinute documented() {
        return new ComplianceMinute(
                "gate-3", NOON - 8_960, "pit", NOON, 0, new HeadCounts(541, 12, 3, 300, 111_200), MODEL, null);
    }

    /** The same counts as a node of a cluster counts them. */
    public static ComplianceMinute by(NodeEpoch node, boolean isIsolated, long sinceMillis, ComplianceMinute minute) {
        return new ComplianceMinute(
                minute.stream(),
                sinceMillis,
                minute.zone(),
                minute.minuteMillis(),
                minute.revision(),
                minute.counts(),
                minute.model(),
                new CountOrigin(node, isIsolated));
    }

    /** Counts of a minute; one uncertain head, 25 frames. */
    public static ComplianceMinute minute(
            String stream, String zone, long minuteMillis, int revision, long helmet, long bare) {
        return new ComplianceMinute(
                stream,
                NOON - 1,
                zone,
                minuteMillis,
                revision,
                new HeadCounts(helmet, bare, 1, 25, 40 * (helmet + bare)),
                MODEL,
                null);
    }
}
