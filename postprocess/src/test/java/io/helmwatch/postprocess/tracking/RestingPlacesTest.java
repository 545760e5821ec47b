package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestingPlacesTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long STATIC = 10 * SECOND;
    private static final long DAY = 86_400 * SECOND;

    private final RestingPlaces places = new RestingPlaces(STATIC);
    private final TrackPool pool = new TrackPool(places);
    private final Observations observations = new Observations(TrackingConfig.DEFAULT);
    private long now;

    /** A head of 36 by 36 pixels that starts now. */
    private Track start(double x, double size) {
        load(x, size);
        Track track = pool.start(now, observations, 0);
        pool.add(track);
        return track;
    }

    private void load(double x, double size) {
        float left = (float) (x - size / 2);
        observations.load(
                List.of(new Detection(
                        "head", 0.9f, new BoundingBox(left, 100, left + (float) size, 100 + (float) size))),
                HeadFilter.ALL);
    }

    private void seeAndRemove(double x, int seconds) {
        Track track = start(x, 36);
        for (int i = 0; i < seconds; i++) {
            now += SECOND;
            load(x, 36);
            track.predict(1);
            track.correct(now, SECOND, observations, 0);
            track.rest().judge(STATIC);
        }
        pool.removeUnseen(now + 1, 0, 0);
        assertThat(pool.size()).isZero();
    }

    @Test
    void shouldContinueARestInTheSamePlace() {
        seeAndRemove(200, 6);
        now += SECOND;
        assertThat(start(203, 36).rest().restedNanos()).isEqualTo(6 * SECOND);
        pool.removeUnseen(now + 1, 0, 0);
        seeAndRemove(202, 4);
        Track again = start(200, 36);
        assertThat(again.isStatic()).isTrue();
        assertThat(again.rest().restedNanos()).isEqualTo(10 * SECOND);
    }

    @Test
    void shouldNotTakeAnotherPlaceOrSizeForIt() {
        seeAndRemove(200, 10);
        assertThat(start(208, 36).isStatic()).isFalse();
        assertThat(start(200, 80).isStatic()).isFalse();
    }

    @Test
    void shouldForgetAPlaceThatWasNotSeenForTooLong() {
        seeAndRemove(200, 6);
        now += STATIC;
        assertThat(start(200, 36).rest().restedNanos()).isEqualTo(6 * SECOND);
        pool.removeUnseen(now + 1, 0, 0);
        now += STATIC + 1;
        assertThat(start(200, 36).rest().restedNanos()).isZero();
    }

    @Test
    void shouldKeepAStaticPlaceForADay() {
        seeAndRemove(200, 10);
        now += DAY;
        assertThat(start(200, 36).isStatic()).isTrue();
        pool.removeUnseen(now + 1, 0, 0);
        now += DAY + 1;
        assertThat(start(200, 36).isStatic()).isFalse();
    }

    @Test
    void shouldMakeRoomForANewPlaceWithTheOneSeenLongestAgo() {
        for (int i = 0; i < 33; i++) {
            seeAndRemove(1000 + 100 * i, 10);
        }
        assertThat(start(1000, 36).isStatic()).isFalse();
        assertThat(start(1100, 36).isStatic()).isTrue();
        assertThat(start(1000 + 100 * 32, 36).isStatic()).isTrue();
    }

    @Test
    void shouldRememberNothingWhereHeadsAreNeverStatic() {
        RestingPlaces none = new RestingPlaces(0);
        Track track = start(200, 36);
        track.rest().resume(200, 118, 5 * SECOND, true);
        none.remember(track);
        Track other = new TrackPool(none).start(now, observations, 0);
        assertThat(other.isStatic()).isFalse();
    }
}
