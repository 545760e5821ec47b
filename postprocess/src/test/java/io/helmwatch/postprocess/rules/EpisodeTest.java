package io.helmwatch.postprocess.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import java.util.List;
import org.junit.jupiter.api.Test;

class EpisodeTest {
    private static final long NOON = 1_795_176_000_000L;
    private static final BoundingBox BOX = new BoundingBox(1, 2, 3, 4);

    private final Episode episode = new Episode("id", "rule", Incident.Kind.NO_HELMET, null, 3, 7, since());

    /** The state is yes since 1 s. */
    private static VoteWindow since() {
        VoteWindow votes = new VoteWindow(1, 1, 200_000_000L);
        votes.add(1_000_000_000L, NOON + 1_000, 1, 0);
        votes.add(1_200_000_000L, NOON + 1_200, 1, 0);
        return votes;
    }

    private static FrameDetections frame(long millis, long captured) {
        return new FrameDetections(
                "gate-3",
                1,
                millis / 40,
                millis * 1_000_000,
                NOON + captured,
                new ImageSize(640, 480),
                new ModelIdentity("m", "1", "fp32", "cpu"),
                List.of());
    }

    private static FrameDetections frame(long millis) {
        return frame(millis, millis);
    }

    @Test
    void shouldCountObservationsWithMeanAndPeak() {
        episode.include(2, 1.0, 0.6f);
        episode.observe(frame(1_400), 0.8f);
        Incident start = episode.start(frame(1_400));
        assertThat(start.observations()).isEqualTo(3);
        assertThat(start.meanConfidence()).isEqualTo(0.6f);
        assertThat(start.peakConfidence()).isEqualTo(0.8f);
        assertThat(start.startedAtMillis()).isEqualTo(NOON + 1_000);
        assertThat(start.lastAtMillis()).isEqualTo(NOON + 1_400);
        assertThat(start.decidedAtMillis()).isEqualTo(NOON + 1_400);
        assertThat(start.decidedSequence()).isEqualTo(35);
        assertThat(start.decidedPtsNanos()).isEqualTo(1_400_000_000L);
        assertThat(start.limit()).isEqualTo(3);
        assertThat(start.people()).isEqualTo(1);
        assertThat(start.zonePolygon()).isEmpty();
        assertThat(episode.lastNanos()).isEqualTo(1_400_000_000L);
    }

    @Test
    void shouldHaveNoMeanWithoutObservations() {
        assertThat(episode.start(frame(1_200)).meanConfidence()).isZero();
    }

    @Test
    void shouldPassThroughItsStates() {
        assertThat(episode.state()).isEqualTo(EpisodeState.OPEN);
        episode.suspend();
        assertThat(episode.state()).isEqualTo(EpisodeState.SUSPENDED);
        episode.resume(9);
        assertThat(episode.state()).isEqualTo(EpisodeState.OPEN);
        Incident end = episode.end(frame(2_000), Incident.EndReason.ABSENCE);
        assertThat(end.track()).isEqualTo(9);
        assertThat(end.phase()).isEqualTo(Incident.Phase.END);
        assertThat(end.endReason()).isEqualTo(Incident.EndReason.ABSENCE);
        assertThat(episode.state()).isEqualTo(EpisodeState.ENDED);
    }

    @Test
    void shouldNumberItsMessagesAndCarryPositionsOnce() {
        episode.addPosition(new Incident.Position(7, NOON + 1_200, BOX));
        assertThat(episode.start(frame(1_200)).positions()).hasSize(1);
        Incident update = episode.update(frame(1_400));
        assertThat(update.revision()).isEqualTo(1);
        assertThat(update.phase()).isEqualTo(Incident.Phase.UPDATE);
        assertThat(update.positions()).isEmpty();
    }

    @Test
    void shouldWantOnePositionASecondAndSixtyFourAMessage() {
        assertThat(episode.wantsPosition(NOON)).isTrue();
        episode.addPosition(new Incident.Position(7, NOON, BOX));
        assertThat(episode.wantsPosition(NOON + 999)).isFalse();
        assertThat(episode.wantsPosition(NOON + 1_000)).isTrue();
        for (int i = 1; i < 63; i++) {
            episode.addPosition(new Incident.Position(7, NOON + 1_000L * i, BOX));
        }
        assertThat(episode.wantsPosition(NOON + 63_000)).isTrue();
        episode.addPosition(new Incident.Position(7, NOON + 63_000, BOX));
        assertThat(episode.wantsPosition(NOON + 64_000)).isFalse();
        episode.addPosition(new Incident.Position(7, NOON + 64_000, BOX));
        assertThat(episode.start(frame(65_000)).positions()).hasSize(64);
        assertThat(episode.wantsPosition(NOON + 64_000)).isTrue();
    }

    @Test
    void shouldWantAnUpdateWhenItIsDueAndThereIsNews() {
        episode.observe(frame(1_400), 0.8f);
        episode.start(frame(1_400));
        assertThat(episode.wantsUpdate(31_400_000_000L, 30_000_000_000L)).isFalse();
        episode.observe(frame(1_440), 0.8f);
        assertThat(episode.wantsUpdate(31_399_999_999L, 30_000_000_000L)).isFalse();
        assertThat(episode.wantsUpdate(31_400_000_000L, 30_000_000_000L)).isTrue();
    }

    @Test
    void shouldTakeTheCaptureTimeWithinTheToleranceAndElseThePresentationTime() {
        assertThat(episode.atMillis(frame(5_000, 7_000))).isEqualTo(NOON + 7_000);
        assertThat(episode.atMillis(frame(5_000, 7_001))).isEqualTo(NOON + 5_000);
        assertThat(episode.atMillis(frame(5_000, 3_000))).isEqualTo(NOON + 3_000);
        assertThat(episode.atMillis(frame(5_000, 2_999))).isEqualTo(NOON + 5_000);
        assertThat(episode.atMillis(frame(5_000, -3_600_000))).isEqualTo(NOON + 5_000);
    }

    @Test
    void shouldNeverGoBackInTime() {
        episode.observe(frame(5_000, 6_500), 0.8f);
        episode.observe(frame(5_040, 5_040), 0.8f);
        Incident end = episode.end(frame(5_080, 5_080), Incident.EndReason.COMPLIANCE);
        assertThat(end.lastAtMillis()).isEqualTo(NOON + 6_500);
        assertThat(end.decidedAtMillis()).isEqualTo(NOON + 6_500);
    }

    @Test
    void shouldCarryTheZone() {
        ZoneConfig pit = new ZoneConfig(
                "pit",
                List.of(new ZoneConfig.Point(0, 0.25), new ZoneConfig.Point(1, 0.5), new ZoneConfig.Point(0.5, 1)));
        Incident start = new Episode("id", "rule", Incident.Kind.OCCUPANCY, pit, 0, 0, since()).start(frame(1_200));
        assertThat(start.zone()).isEqualTo("pit");
        assertThat(start.zonePolygon())
                .containsExactly(
                        new Incident.Corner(0, 0.25), new Incident.Corner(1, 0.5), new Incident.Corner(0.5, 1));
    }
}
