package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrackTest {
    private final Observations observations = new Observations(TrackingConfig.DEFAULT);
    private final Track track = new Track();

    private void detect(String label, float confidence, float x1, float y1, float x2, float y2) {
        observations.load(List.of(new Detection(label, confidence, new BoundingBox(x1, y1, x2, y2))), HeadFilter.ALL);
    }

    private Track started(int id, long nanos, float x1, float y1, float x2, float y2) {
        detect("head", 0.8f, x1, y1, x2, y2);
        Track started = new Track();
        started.start(id, nanos, observations, 0);
        return started;
    }

    @Test
    void shouldStartTentativeWithTheDetectedBox() {
        detect("helmet", 0.8f, 100, 200, 130, 240);
        track.start(7, 5, observations, 0);
        assertThat(track.id()).isEqualTo(7);
        assertThat(track.state()).isEqualTo(TrackState.TENTATIVE);
        assertThat(track.isLive(7)).isTrue();
        assertThat(track.isLive(6)).isFalse();
        assertThat(track.isConfirmed()).isFalse();
        assertThat(track.isObserved()).isTrue();
        assertThat(track.observations()).isEqualTo(1);
        assertThat(track.observedNanos()).isZero();
        assertThat(track.firstSeenNanos()).isEqualTo(5);
        assertThat(track.lastSeenNanos()).isEqualTo(5);
        assertThat(track.confidence()).isEqualTo(0.8f);
        assertThat(track.helmetConfidence()).isEqualTo(0.8f);
        assertThat(track.bareHeadConfidence()).isZero();
        assertThat(track.sourceBox()).isEqualTo(new BoundingBox(100, 200, 130, 240));
        assertThat(track.size()).isCloseTo(Math.sqrt(1200), within(1e-9));
        // A twentieth of the head's size.
        assertThat(track.centerDeviation()).isCloseTo(0.05 * Math.sqrt(1200), within(1e-9));
    }

    @Test
    void shouldPredictTheBoxByTheSpeedOfTheCentre() {
        detect("head", 0.8f, 100, 200, 130, 240);
        track.start(1, 0, observations, 0);
        for (int i = 1; i <= 20; i++) {
            track.predict(0.04);
            detect("head", 0.8f, 100 + 4 * i, 200 + 2 * i, 130 + 4 * i, 240 + 2 * i);
            track.correct(40_000_000L * i, 40_000_000L, observations, 0);
        }
        assertThat(track.observations()).isEqualTo(21);
        assertThat(track.observedNanos()).isEqualTo(800_000_000L);
        double deviation = track.centerDeviation();
        track.predict(0.2);
        assertThat(track.isObserved()).isFalse();
        assertThat((track.x1() + track.x2()) / 2).isCloseTo(115 + 100, within(2f));
        assertThat((track.y1() + track.y2()) / 2).isCloseTo(220 + 50, within(2f));
        assertThat(track.x2() - track.x1()).isCloseTo(30, within(1f));
        assertThat(track.y2() - track.y1()).isCloseTo(40, within(1f));
        assertThat(track.centerDeviation()).isGreaterThan(3 * deviation);
    }

    /** The same detection with half the confidence moves the filter less. */
    @Test
    void shouldTrustWeakBoxesLess() {
        double[] moved = new double[2];
        for (int i = 0; i < 2; i++) {
            Track one = started(1, 0, 100, 200, 130, 240);
            one.predict(0.04);
            detect("head", i == 0 ? 0.9f : 0.35f, 106, 200, 136, 240);
            one.correct(40_000_000L, 40_000_000L, observations, 0);
            one.predict(0);
            moved[i] = (one.x1() + one.x2()) / 2 - 115;
        }
        assertThat(moved[0]).isBetween(4.5, 6.0);
        assertThat(moved[1]).isBetween(1.0, moved[0] - 1);
    }

    @Test
    void shouldPassThroughItsStates() {
        detect("head", 0.8f, 100, 200, 130, 240);
        track.start(1, 0, observations, 0);
        track.predict(0.04);
        track.markMissed();
        assertThat(track.state()).isEqualTo(TrackState.TENTATIVE);
        track.confirm();
        assertThat(track.state()).isEqualTo(TrackState.CONFIRMED);
        track.markMissed();
        assertThat(track.state()).isEqualTo(TrackState.LOST);
        assertThat(track.isConfirmed()).isTrue();
        track.correct(80, 40, observations, 0);
        assertThat(track.state()).isEqualTo(TrackState.CONFIRMED);
        track.remove();
        assertThat(track.state()).isEqualTo(TrackState.REMOVED);
        assertThat(track.isLive(1)).isFalse();
        assertThat(track.isConfirmed()).isFalse();
        assertThat(track.isObserved()).isFalse();
    }

    @Test
    void shouldKeepTheSizeOfAHeadThatIsNotSeen() {
        detect("head", 0.8f, 100, 200, 140, 240);
        track.start(1, 0, observations, 0);
        for (int i = 1; i <= 10; i++) {
            track.predict(0.04);
            float half = 20 - i;
            detect("head", 0.8f, 120 - half, 220 - half, 120 + half, 220 + half);
            track.correct(40_000_000L * i, 40_000_000L, observations, 0);
        }
        track.markMissed();
        track.predict(0.04);
        float width = track.x2() - track.x1();
        float height = track.y2() - track.y1();
        track.predict(2);
        assertThat(track.x2() - track.x1()).isCloseTo(width, within(0.01f));
        assertThat(track.y2() - track.y1()).isCloseTo(height, within(0.01f));
    }

    @Test
    void shouldContinueAsAnotherTrackUnderItsOwnId() {
        Track lost = started(1, 10, 100, 200, 130, 240);
        lost.confirm();
        lost.markMissed();
        Track found = started(2, 50, 300, 400, 340, 460);
        found.confirm();
        lost.reidentify(found);
        assertThat(lost.id()).isEqualTo(1);
        assertThat(lost.state()).isEqualTo(TrackState.CONFIRMED);
        assertThat(lost.isObserved()).isTrue();
        assertThat(lost.observations()).isEqualTo(2);
        assertThat(lost.firstSeenNanos()).isEqualTo(10);
        assertThat(lost.lastSeenNanos()).isEqualTo(50);
        assertThat(lost.sourceBox()).isEqualTo(new BoundingBox(300, 400, 340, 460));
        assertThat(lost.distance(found)).isZero();
        lost.predict(0);
        assertThat(lost.sourceBox()).isEqualTo(new BoundingBox(300, 400, 340, 460));
    }

    @Test
    void shouldMeasureDistancesOfLastDetectionsAndOfThePrediction() {
        Track one = started(1, 0, 100, 200, 130, 240);
        Track other = started(2, 0, 130, 240, 160, 280);
        assertThat(one.distance(other)).isCloseTo(50, within(1e-6));
        assertThat(one.predictedDistance(other)).isCloseTo(50, within(1e-6));
    }

    @Test
    void shouldRememberWhenTheHelmetWasSeen() {
        Track one = started(1, 0, 100, 200, 130, 240);
        assertThat(one.woreHelmetSince(Long.MIN_VALUE + 1)).isFalse();
        detect("helmet", 0.8f, 100, 200, 130, 240);
        one.correct(40, 40, observations, 0);
        assertThat(one.woreHelmetSince(40)).isTrue();
        assertThat(one.woreHelmetSince(41)).isFalse();
    }

    @Test
    void shouldNoticeThatTheHelmetTrackIsAnotherOneNow() {
        Track head = started(2, 0, 100, 200, 130, 240);
        assertThat(head.isHelmetTrackLive()).isFalse();
        Track helmet = started(1, 0, 100, 200, 130, 240);
        head.setHelmetTrack(helmet);
        assertThat(head.helmetTrack()).isSameAs(helmet);
        assertThat(head.isHelmetTrackLive()).isTrue();
        helmet.remove();
        assertThat(head.isHelmetTrackLive()).isFalse();
        helmet.start(3, 0, observations, 0);
        assertThat(head.isHelmetTrackLive()).isFalse();
        head.remove();
        assertThat(head.helmetTrack()).isNull();
    }

    /** Centre and size are four filters whose deviations are shares of the head's size, of the documented constants. */
    @Test
    void shouldFilterCentreAndSizeIndependentlyInUnitsOfTheHeadsSize() {
        AxisFilter[] axes = {new AxisFilter(), new AxisFilter(), new AxisFilter(), new AxisFilter()};
        detect("head", 0.8f, 100, 200, 130, 240);
        track.start(1, 0, observations, 0);
        double size = Math.sqrt(30 * 40);
        double[] first = {115, 220, 30, 40};
        for (int i = 0; i < 4; i++) {
            axes[i].start(first[i], (i < 2 ? 0.05 : 0.1) * size, (i < 2 ? 4 : 0.3) * size);
        }
        for (int step = 1; step <= 30; step++) {
            double seconds = 0.04 + 0.01 * (step % 3);
            size = Math.sqrt(axes[2].position() * axes[3].position());
            for (int i = 0; i < 4; i++) {
                axes[i].predict(seconds, (i < 2 ? 12 : 0.1) * size * size);
            }
            track.predict(seconds);
            assertBox(axes);
            float width = 30 + 0.7f * step;
            float height = 40 - 0.4f * step;
            float x = 115 + 5 * step;
            float y = 220 - 3 * step;
            float confidence = step % 4 == 0 ? 0.35f : 0.9f;
            detect("head", confidence, x - width / 2, y - height / 2, x + width / 2, y + height / 2);
            size = Math.sqrt(axes[2].position() * axes[3].position()) * (confidence < 0.7f ? 4 : 1);
            double[] measured = {x, y, width, height};
            for (int i = 0; i < 4; i++) {
                axes[i].correct(measured[i], (i < 2 ? 0.05 : 0.1) * size);
            }
            track.correct(40_000_000L * step, 40_000_000L, observations, 0);
        }
        track.predict(0);
        assertBox(axes);
        assertThat(track.centerDeviation()).isCloseTo(axes[0].deviation(), within(1e-6));
        assertThat(track.size()).isCloseTo(Math.sqrt(axes[2].position() * axes[3].position()), within(1e-3));
    }

    private void assertBox(AxisFilter... axes) {
        assertThat((track.x1() + track.x2()) / 2).isCloseTo((float) axes[0].position(), within(0.01f));
        assertThat((track.y1() + track.y2()) / 2).isCloseTo((float) axes[1].position(), within(0.01f));
        assertThat(track.x2() - track.x1()).isCloseTo((float) axes[2].position(), within(0.01f));
        assertThat(track.y2() - track.y1()).isCloseTo((float) axes[3].position(), within(0.01f));
    }

    @Test
    void shouldAddUpTheObservationsOfBothTracksOfAHead() {
        Track lost = started(1, 0, 100, 200, 130, 240);
        lost.correct(40, 40, observations, 0);
        Track found = started(2, 100, 100, 200, 130, 240);
        found.correct(130, 30, observations, 0);
        found.correct(160, 30, observations, 0);
        lost.reidentify(found);
        assertThat(lost.observations()).isEqualTo(5);
        assertThat(lost.observedNanos()).isEqualTo(100);
        assertThat(lost.lastSeenNanos()).isEqualTo(160);
    }

    @Test
    void shouldRememberNoHelmetWhereBothLabelsAreAlike() {
        observations.load(
                List.of(
                        new Detection("helmet", 0.8f, new BoundingBox(100, 200, 130, 240)),
                        new Detection("head", 0.8f, new BoundingBox(100, 200, 130, 240))),
                HeadFilter.ALL);
        track.start(1, 5, observations, 0);
        assertThat(track.woreHelmetSince(0)).isFalse();
    }
}
