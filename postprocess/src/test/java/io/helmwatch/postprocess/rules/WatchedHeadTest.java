package io.helmwatch.postprocess.rules;

import static io.helmwatch.postprocess.rules.Scenes.bareHead;
import static io.helmwatch.postprocess.rules.Scenes.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.postprocess.tracking.HeadFilter;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.Incident;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Heads of 40 by 48 pixels, whose size is 43.8. */
class WatchedHeadTest {
    private static final double SIZE = Math.sqrt(40 * 48);
    private static final long SECOND = 1_000_000_000L;

    private final HeadTracker tracker = new HeadTracker(TrackingConfig.DEFAULT);
    private final VoteWindow votes = new VoteWindow(1, 1, 100);

    private WatchedHead head(int index, VoteWindow its) {
        WatchedHead head = new WatchedHead(tracker.track(index), its);
        head.locate();
        return head;
    }

    private WatchedHead other(int index) {
        return head(index, new VoteWindow(1, 1, 100));
    }

    private void see(long nanos, Detection... detections) {
        tracker.update(nanos, List.of(detections), HeadFilter.ALL);
    }

    private static Detection square(double x, double size) {
        return new Detection("head", 0.8f, new BoundingBox((float) x, 500, (float) (x + size), (float) (500 + size)));
    }

    /** An incident whose last frame was at a time. */
    private Episode incident(double seconds) {
        Episode episode = new Episode("a/1/b/1", "b", Incident.Kind.NO_HELMET, null, 0, 1, votes);
        episode.extendTo(frame(0, seconds, List.of()));
        return episode;
    }

    @Test
    void shouldLocateTheCentreOfItsTrack() {
        see(0, bareHead(900));
        WatchedHead head = head(0, votes);
        assertThat(head.centerX()).isEqualTo(900);
        assertThat(head.centerY()).isEqualTo(300);
        assertThat(head.id()).isEqualTo(1);
    }

    @Test
    void shouldBeContinuedOnlyWithAnIncidentAndByAnotherHead() {
        see(0, bareHead(900), bareHead(960));
        WatchedHead head = head(0, votes);
        assertThat(head.distanceIfSame(other(1), 0)).isInfinite();
        head.open(incident(0));
        assertThat(head.distanceIfSame(other(1), 0)).isCloseTo(60, within(1e-6));
        assertThat(head.distanceIfSame(head, 0)).isInfinite();
        head.close();
        assertThat(head.distanceIfSame(other(1), 0)).isInfinite();
    }

    /** Two head sizes at once, three a second after the incident was last seen. */
    @ParameterizedTest
    @CsvSource({"1.99, 0, true", "2.01, 0, false", "2.01, 0.1, true", "2.99, 1, true", "3.01, 1, false"})
    void shouldBeContinuedWithinReachOfThePersonSinceTheIncidentWasLastSeen(
            double sizes, double unseenSeconds, boolean isSame) {
        see(0, bareHead(700), bareHead(700 + sizes * SIZE));
        WatchedHead head = head(0, votes);
        head.open(incident(0));
        double distance = head.distanceIfSame(other(1), Math.round(unseenSeconds * 1e9));
        assertThat(distance < 1e6).isEqualTo(isSame);
    }

    @ParameterizedTest
    @CsvSource({"36, true", "36.1, false", "11.2, true", "11.1, false"})
    void shouldBeContinuedByAHeadOfTheSameSizeOnly(double size, boolean isSame) {
        see(0, square(700, 20), square(730, size));
        WatchedHead head = head(0, votes);
        head.open(incident(0));
        assertThat(head.distanceIfSame(other(1), 0) < 1e6).isEqualTo(isSame);
    }

    /** The other head is first seen at 1 s; the incident may be seen beside it for half a second. */
    @ParameterizedTest
    @CsvSource({"1.5, true", "1.6, false"})
    void shouldNotBeContinuedByAHeadThatIsSeenBesideItForLonger(double lastSeconds, boolean isSame) {
        see(0, bareHead(700));
        see(SECOND, bareHead(700), bareHead(760));
        WatchedHead head = head(0, votes);
        head.open(incident(lastSeconds));
        assertThat(head.distanceIfSame(other(1), 2 * SECOND) < 1e6).isEqualTo(isSame);
    }

    @Test
    void shouldBeContinuedHoweverLongItWasSeenOnceItsTrackIsRemoved() {
        see(0, bareHead(700));
        WatchedHead head = head(0, votes);
        head.open(incident(4));
        assertThat(head.isTracked()).isTrue();
        see(SECOND);
        see(3 * SECOND);
        assertThat(head.isTracked()).isFalse();
        see(3 * SECOND + 1, bareHead(760));
        assertThat(head.distanceIfSame(other(0), 4 * SECOND)).isCloseTo(60, within(1.0));
    }

    @Test
    void shouldNotBeContinuedWhileItIsSeenToComply() {
        see(0, bareHead(700), bareHead(760));
        WatchedHead head = head(0, votes);
        head.open(incident(0));
        votes.add(0, 0, 0, 1);
        votes.add(200, 0, 0, 1);
        assertThat(votes.state()).isEqualTo(VoteWindow.State.NO);
        assertThat(head.distanceIfSame(other(1), 0)).isInfinite();
        see(1, bareHead(760));
        assertThat(head.distanceIfSame(other(1), 0)).isCloseTo(60, within(1.0));
    }

    @Test
    void shouldGiveAnIncidentTheObservationsBeforeIt() {
        see(0, bareHead(700));
        WatchedHead head = head(0, votes);
        head.observe(0.5, 0.5f);
        head.clearObservations();
        head.observe(0.7, 0.7f);
        head.observe(0.9, 0.9f);
        head.observe(0.8, 0.8f);
        Episode episode = incident(0);
        head.open(episode);
        Incident start = episode.start(frame(0, 0, List.of()));
        assertThat(start.observations()).isEqualTo(3);
        assertThat(start.peakConfidence()).isEqualTo(0.9f);
        assertThat(start.meanConfidence()).isCloseTo(0.8f, within(1e-6f));
    }

    @Test
    void shouldKeepNothingOfAnIncidentThatIsClosed() {
        see(0, bareHead(700));
        WatchedHead head = head(0, votes);
        head.observe(0.7, 0.7f);
        head.open(incident(0));
        votes.add(0, 0, 1, 0);
        votes.add(200, 0, 1, 0);
        head.close();
        assertThat(head.episode()).isNull();
        assertThat(votes.isEmpty()).isTrue();
        assertThat(votes.state()).isEqualTo(VoteWindow.State.UNKNOWN);
        Episode next = incident(0);
        head.open(next);
        assertThat(next.start(frame(0, 0, List.of())).observations()).isZero();
    }
}
