package io.helmwatch.pipeline.service.incident;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.Incident.Phase;
import io.helmwatch.vision.ModelIdentity;
import org.junit.jupiter.api.Test;

class IncidentMessagesTest {
    private static final Incident.Clip CLIP = new Incident.Clip(
            "gate/x.mp4",
            "0".repeat(64),
            "file:///gate/x.mp4",
            1,
            0,
            1,
            false,
            new Incident.Sidecar("gate/x.json", "1".repeat(64), "file:///gate/x.json"));

    private final IncidentMessages messages = new IncidentMessages();

    private static Incident message(int revision, Phase phase) {
        return Incident.builder().id("gate/1795176000/bare/1").revision(revision).phase(phase).stream("gate")
                .rule("bare")
                .kind(Incident.Kind.NO_HELMET)
                .track(1)
                .startedAtMillis(0)
                .lastAtMillis(1_000)
                .decidedAtMillis(1_000)
                .decidedSequence(25)
                .decidedPtsNanos(1_000_000_000)
                .endReason(phase == Phase.END ? Incident.EndReason.COMPLIANCE : null)
                .peakConfidence(0.9f)
                .meanConfidence(0.9f)
                .observations(5)
                .size(new ImageSize(1280, 720))
                .model(new ModelIdentity("m", "1", "fp32", "cpu"))
                .build();
    }

    private int next(int revision, Phase phase) {
        return messages.next(message(revision, phase), phase == Phase.START).revision();
    }

    private Incident evidence() {
        return messages.evidence(message(0, Phase.START).id(), CLIP);
    }

    @Test
    void shouldNumberEvidenceAfterTheEnd() {
        assertThat(next(0, Phase.START)).isZero();
        assertThat(next(1, Phase.END)).isEqualTo(1);
        Incident evidence = evidence();
        assertThat(evidence.revision()).isEqualTo(2);
        assertThat(evidence.phase()).isEqualTo(Phase.EVIDENCE);
        assertThat(evidence.endReason()).isEqualTo(Incident.EndReason.COMPLIANCE);
        assertThat(evidence.clip()).isEqualTo(CLIP);
        assertThat(evidence()).isNull();
    }

    @Test
    void shouldNumberLaterMessagesOfAnIncidentAfterItsEvidence() {
        assertThat(next(0, Phase.START)).isZero();
        assertThat(next(1, Phase.UPDATE)).isEqualTo(1);
        assertThat(evidence().revision()).isEqualTo(2);
        assertThat(next(2, Phase.UPDATE)).isEqualTo(3);
        assertThat(next(3, Phase.END)).isEqualTo(4);
        assertThat(next(3, Phase.END)).as("forgotten once it has ended").isEqualTo(3);
    }

    @Test
    void shouldSayNothingOfAClipThatCouldNotBeStored() {
        assertThat(next(0, Phase.START)).isZero();
        assertThat(messages.evidence(message(0, Phase.START).id(), null)).isNull();
        assertThat(next(1, Phase.END)).isEqualTo(1);
    }
}
