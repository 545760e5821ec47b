package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BuildWatchTest {

    @Test
    void shouldGoOnTellingWhileTensorRtSaysNothing() throws InterruptedException {
        CountDownLatch beats = new CountDownLatch(3);
        try (BuildWatch watch = new BuildWatch((step, layers, seconds) -> beats.countDown(), 5)) {
            watch.start();

            assertThat(beats.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void shouldCountLayersNameStepsAndEndWithBuilt() {
        List<String> told = new CopyOnWriteArrayList<>();
        try (BuildWatch watch = new BuildWatch((step, layers, seconds) -> told.add(step + " " + layers), 60_000)) {
            watch.start();
            watch.heard("Applying generic optimizations to the graph for inference.");
            watch.heard("=============== Computing costs for /model.0/conv/Conv");
            watch.heard("Tactic Name: sm90_xmma Tactic: 0x1 Time: 0.1");
            watch.heard("=============== Computing costs for /model.1/conv/Conv");
            watch.built();
        }

        assertThat(told)
                .containsExactly(
                        "loading TensorRT's builder 0",
                        "timing /model.0/conv/Conv 1",
                        "timing /model.1/conv/Conv 2",
                        "built 2");
    }
}
