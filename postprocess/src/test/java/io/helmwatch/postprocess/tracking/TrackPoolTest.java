package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrackPoolTest {
    private final TrackPool pool = new TrackPool(new RestingPlaces(0));
    private final Observations observations = new Observations(TrackingConfig.DEFAULT);

    @BeforeEach
    void load() {
        observations.load(List.of(new Detection("head", 0.9f, new BoundingBox(100, 100, 130, 136))), HeadFilter.ALL);
    }

    private Track start(long nanos, boolean isConfirmed) {
        Track track = pool.start(nanos, observations, 0);
        if (isConfirmed) {
            track.confirm();
        }
        pool.add(track);
        return track;
    }

    @Test
    void shouldReuseObjectsButNeverIds() {
        Track first = start(0, false);
        Track second = start(0, false);
        pool.remove(0);
        pool.remove(second);
        assertThat(pool.size()).isZero();
        assertThat(first.isLive(1)).isFalse();
        assertThat(second.isLive(2)).isFalse();
        assertThat(List.of(start(1, false), start(1, false))).containsExactlyInAnyOrder(first, second);
        assertThat(List.of(pool.get(0).id(), pool.get(1).id())).containsExactly(3, 4);
        assertThat(start(1, false)).isNotIn(first, second);
    }

    @Test
    void shouldRemoveTracksThatAreUnseenForLongerThanTheirLimit() {
        start(100, false);
        start(99, false);
        start(50, true);
        start(49, true);
        start(60, true);
        pool.removeUnseen(200, 100, 150);
        assertThat(pool.size()).isEqualTo(3);
        assertThat(List.of(pool.get(0).id(), pool.get(1).id(), pool.get(2).id()))
                .containsExactly(1, 3, 5);
        pool.removeUnseen(1_000, 100, 150);
        assertThat(pool.size()).isZero();
    }
}
