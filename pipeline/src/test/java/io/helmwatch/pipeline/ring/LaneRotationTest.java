package io.helmwatch.pipeline.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.inference.InferenceLane;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class LaneRotationTest {
    private final Stages stages = new ScriptedStages().open().stages();
    private final List<InferenceLane> lanes = stages.lanes().subList(0, 2);
    private final LaneRotation rotation = new LaneRotation(lanes, 2);

    @Test
    void shouldHandLanesOutInTurn() {
        for (int i = 0; i < 10; i++) {
            assertThat(rotation.isIdle()).isTrue();
            BatchLane lane = rotation.take();
            assertThat(lane.lane()).isSameAs(lanes.get(i % 2));
            assertThat(lane.worker()).isEqualTo(i % 2);
            assertThat(rotation.isIdle()).isFalse();
            lane.free();
        }
    }

    @Test
    void shouldWaitForTheBatchStartedFirst() throws Exception {
        rotation.take();
        rotation.take();
        CompletableFuture<BatchLane> third = CompletableFuture.supplyAsync(rotation::take);
        TimeUnit.MILLISECONDS.sleep(100);
        assertThat(third).isNotDone();
        rotation.free();
        assertThat(third.get(1, TimeUnit.SECONDS).lane()).isSameAs(lanes.get(0));
    }

    @Test
    void shouldEndTheWaitWhenClosed() throws Exception {
        rotation.take();
        rotation.take();
        CompletableFuture<BatchLane> third = CompletableFuture.supplyAsync(rotation::take);
        TimeUnit.MILLISECONDS.sleep(50);
        rotation.close();
        assertThat(third.get(1, TimeUnit.SECONDS)).isNull();
    }
}
