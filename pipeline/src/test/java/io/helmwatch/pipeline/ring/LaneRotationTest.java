package io.helmwatch.pipeline.ring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class LaneRotationTest {
    private final Stages stages = new ScriptedStages().open().stages();
    private final List<BatchLane> lanes = List.of(
            new BatchLane(stages.lanes().get(0), 0),
            new BatchLane(stages.lanes().get(1), 1));
    private final LaneRotation rotation = new LaneRotation(lanes);

    @Test
    void shouldHandLanesOutInTurn() {
        for (int i = 0; i < 10; i++) {
            assertThat(rotation.take()).isSameAs(lanes.get(i % 2));
            rotation.free();
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
        assertThat(third.get(1, TimeUnit.SECONDS)).isSameAs(lanes.get(0));
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
