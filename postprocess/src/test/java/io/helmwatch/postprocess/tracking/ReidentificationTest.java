package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Heads are squares of 20 pixels unless said otherwise, so that their size is 20. */
class ReidentificationTest {
    private static final long SECOND = 1_000_000_000L;

    private final TrackPool tracks = new TrackPool(new RestingPlaces(0));
    private final Reidentification reidentification = new Reidentification(tracks);
    private final Observations observations = new Observations(TrackingConfig.DEFAULT);

    private void detect(String label, float confidence, float x, float size) {
        observations.load(
                List.of(new Detection(label, confidence, new BoundingBox(x, 100, x + size, 100 + size))),
                HeadFilter.ALL);
    }

    private Track start(String label, float confidence, float x, float size, long nanos) {
        detect(label, confidence, x, size);
        Track track = tracks.start(nanos, observations, 0);
        tracks.add(track);
        return track;
    }

    private Track confirmed(String label, float x, long nanos) {
        Track track = start(label, 0.8f, x, 20, nanos);
        track.confirm();
        return track;
    }

    private Track lost(float x, long nanos) {
        Track track = confirmed("head", x, nanos);
        track.predict(0);
        track.markMissed();
        return track;
    }

    private void see(Track track, String label, float x, long nanos) {
        detect(label, 0.8f, x, 20);
        track.correct(nanos, 0, observations, 0);
    }

    /** A second unseen: three head sizes. */
    @ParameterizedTest
    @CsvSource({"0, 1", "59.9, 1", "60, 1", "60.1, 2", "-60, 1", "-60.1, 2"})
    void shouldContinueALostHeadWithinReachOnly(float distance, int id) {
        lost(200, 0);
        Track found = confirmed("head", 200 + distance, SECOND);
        reidentification.continueLost(found, SECOND);
        assertThat(tracks.size()).isEqualTo(id);
        assertThat(tracks.get(tracks.size() - 1).id()).isEqualTo(id);
        assertThat(tracks.get(tracks.size() - 1).x1()).isEqualTo(200 + distance);
    }

    /** Unseen until now, not until the new track was first seen: 1.5 seconds, 3.5 head sizes. */
    @ParameterizedTest
    @CsvSource({"70, 1", "70.1, 2"})
    void shouldReachAsFarAsTheTimeUnseenAllows(float distance, int size) {
        lost(200, 0);
        Track found = confirmed("head", 200 + distance, SECOND);
        reidentification.continueLost(found, SECOND + SECOND / 2);
        assertThat(tracks.size()).isEqualTo(size);
    }

    @ParameterizedTest
    @CsvSource({"36, 1", "36.1, 2", "11.2, 1", "11.1, 2"})
    void shouldContinueAHeadOfTheSameSizeOnly(float size, int left) {
        lost(200, 0);
        Track found = start("head", 0.8f, 210 - size / 2, size, SECOND);
        found.confirm();
        reidentification.continueLost(found, SECOND);
        assertThat(tracks.size()).isEqualTo(left);
    }

    @Test
    void shouldContinueTheNearestOfSeveralLostHeads() {
        lost(200, 0);
        lost(240, 0);
        lost(290, 0);
        Track found = confirmed("head", 255, SECOND);
        reidentification.continueLost(found, SECOND);
        assertThat(tracks.size()).isEqualTo(3);
        assertThat(tracks.get(1).id()).isEqualTo(2);
        assertThat(tracks.get(1).x1()).isEqualTo(255);
        assertThat(tracks.get(1).state()).isEqualTo(TrackState.CONFIRMED);
    }

    /** A head that walks on is nearer to its prediction, one that turns back is nearer to its last detection. */
    @ParameterizedTest
    @CsvSource({"200", "300"})
    void shouldMeasureTheDistanceFromPredictionOrLastDetectionWhicheverIsNearer(float x) {
        Track walking = confirmed("head", 100, 0);
        for (int i = 1; i <= 25; i++) {
            walking.predict(0.04);
            see(walking, "head", 100 + 4 * i, 40_000_000L * i);
        }
        walking.predict(1);
        walking.markMissed();
        assertThat(walking.x1()).isBetween(290f, 310f);
        Track found = confirmed("head", x, SECOND + 1);
        reidentification.continueLost(found, SECOND + 1);
        assertThat(tracks.size()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1", "1, 1, 2", "2, 1, 2"})
    void shouldContinueOnlyAHeadThatWasLostBeforeTheOtherWasFirstSeen(long lastSeen, long firstSeen, int size) {
        lost(200, lastSeen);
        Track found = confirmed("head", 210, firstSeen);
        reidentification.continueLost(found, 2);
        assertThat(tracks.size()).isEqualTo(size);
    }

    @Test
    void shouldContinueNoHeadThatIsSeenItselfOrNotConfirmed() {
        confirmed("head", 230, 0);
        start("head", 0.8f, 240, 20, 0).predict(0);
        Track found = confirmed("head", 200, SECOND);
        reidentification.continueLost(found, SECOND);
        assertThat(tracks.size()).isEqualTo(3);
    }

    /** Boxes shifted by 12 of 20 pixels have an IoU of exactly a quarter, which does not count as an overlap. */
    @ParameterizedTest
    @CsvSource({
        "11, 0.9, true, 3",
        "11, 0.8, true, 3",
        "11, 0.79, true, 2",
        "12, 0.9, true, 2",
        "11, 0.9, false, 2",
    })
    void shouldNotContinueALostHeadAsASecondBoxOfAnotherHead(
            float shift, float confidence, boolean isObserved, int size) {
        lost(230, 0);
        Track other = start("head", confidence, 200 + shift, 20, 0);
        if (!isObserved) {
            other.predict(0);
        }
        Track found = confirmed("head", 200, SECOND);
        reidentification.continueLost(found, SECOND);
        assertThat(tracks.size()).isEqualTo(size);
    }

    /** An arm's length: two and a half head sizes. */
    @ParameterizedTest
    @CsvSource({"49.9, true", "50, false", "-49.9, true"})
    void shouldFindTheHelmetThatABareHeadMayHaveTakenOffWithinAnArmsLength(float distance, boolean isFound) {
        Track helmet = confirmed("helmet", 200 + distance, 0);
        Track head = start("head", 0.8f, 200, 20, SECOND / 2);
        assertThat(reidentification.nearestHelmet(head)).isEqualTo(isFound ? helmet : null);
    }

    @Test
    void shouldFindTheNearestHelmet() {
        confirmed("helmet", 230, 0);
        Track near = confirmed("helmet", 215, 0);
        confirmed("helmet", 175, 0);
        assertThat(reidentification.nearestHelmet(start("head", 0.8f, 200, 20, 0)))
                .isSameAs(near);
    }

    @ParameterizedTest
    @CsvSource({"1000000000, true", "1000000001, false"})
    void shouldFindOnlyAHelmetThatWasWornInTheSecondBefore(long firstSeen, boolean isFound) {
        confirmed("helmet", 210, 0);
        assertThat(reidentification.nearestHelmet(start("head", 0.8f, 200, 20, firstSeen)) != null)
                .isEqualTo(isFound);
    }

    @Test
    void shouldFindNoHelmetForAHeadThatWearsOneNorFromAHeadThatIsNotConfirmed() {
        start("helmet", 0.8f, 210, 20, 0);
        assertThat(reidentification.nearestHelmet(start("head", 0.8f, 200, 20, 0)))
                .isNull();
        confirmed("helmet", 215, 0);
        assertThat(reidentification.nearestHelmet(start("helmet", 0.8f, 200, 20, 0)))
                .isNull();
        observations.load(
                List.of(
                        new Detection("helmet", 0.8f, new BoundingBox(200, 100, 220, 120)),
                        new Detection("head", 0.8f, new BoundingBox(200, 100, 220, 120))),
                HeadFilter.ALL);
        assertThat(reidentification.nearestHelmet(tracks.start(0, observations, 0)))
                .isNull();
    }

    private Track takenOff(long headSeen) {
        Track helmet = confirmed("helmet", 210, 0);
        Track head = confirmed("head", 200, headSeen);
        head.setHelmetTrack(helmet);
        helmet.predict(0);
        helmet.markMissed();
        return head;
    }

    @ParameterizedTest
    @CsvSource({"299999999, 2", "300000000, 1"})
    void shouldGiveABareHeadItsIdBackOnceItsHelmetIsGoneForAMoment(long now, int left) {
        takenOff(1);
        reidentification.continueBareHeads(now);
        assertThat(tracks.size()).isEqualTo(left);
        if (left == 1) {
            assertThat(tracks.get(0).id()).isEqualTo(1);
            assertThat(tracks.get(0).x1()).isEqualTo(200);
            assertThat(tracks.get(0).bareHeadConfidence()).isEqualTo(0.8f);
        }
    }

    @Test
    void shouldWaitUntilTheBareHeadIsConfirmedAndSeen() {
        Track helmet = confirmed("helmet", 210, 0);
        Track head = start("head", 0.8f, 200, 20, 1);
        head.setHelmetTrack(helmet);
        helmet.predict(0);
        helmet.markMissed();
        reidentification.continueBareHeads(SECOND);
        assertThat(tracks.size()).isEqualTo(2);
        head.confirm();
        head.predict(0);
        head.markMissed();
        reidentification.continueBareHeads(SECOND);
        assertThat(tracks.size()).isEqualTo(2);
        see(head, "head", 200, SECOND);
        reidentification.continueBareHeads(SECOND);
        assertThat(tracks.size()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"3000000000, true", "3000000001, false"})
    void shouldStopWaitingForAHelmetThatStaysVisibleInTheHand(long now, boolean isWaiting) {
        Track helmet = confirmed("helmet", 210, 0);
        Track head = confirmed("head", 200, 0);
        head.setHelmetTrack(helmet);
        see(helmet, "helmet", 210, now);
        reidentification.continueBareHeads(now);
        assertThat(tracks.size()).isEqualTo(2);
        assertThat(head.helmetTrack() != null).isEqualTo(isWaiting);
    }

    @Test
    void shouldStopWaitingForAHelmetWhoseTrackWasRemoved() {
        Track head = takenOff(1);
        tracks.remove(0);
        reidentification.continueBareHeads(SECOND);
        assertThat(head.helmetTrack()).isNull();
        assertThat(tracks.size()).isEqualTo(1);
        assertThat(tracks.get(0).id()).isEqualTo(2);
    }

    @Test
    void shouldNotContinueALostHeadAsABareHeadThatWaitsForItsId() {
        Track head = takenOff(1);
        lost(205, 0);
        reidentification.continueLost(head, SECOND);
        assertThat(tracks.size()).isEqualTo(3);
    }
}
