package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BuildProgressTest {

    @Test
    void shouldReportPeriodicallyWhileTensorRtLogsNothing() throws InterruptedException {
        CountDownLatch reports = new CountDownLatch(3);
        try (BuildProgress watch = new BuildProgress((step, layers, seconds) -> reports.countDown(), 5)) {
            watch.start();

            assertThat(reports.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void shouldCountLayersNameStepsAndEndWithBuilt() {
        List<String> reported = new CopyOnWriteArrayList<>();
        try (BuildProgress watch =
                new BuildProgress((step, layers, seconds) -> reported.add(step + " " + layers), 60_000)) {
            watch.start();
            watch.onLogLine("Applying generic optimizations to the graph for inference.");
            watch.onLogLine("=============== Computing costs for /model.0/conv/Conv");
            watch.onLogLine("Tactic Name: sm90_xmma Tactic: 0x1 Time: 0.1");
            watch.onLogLine("=============== Computing costs for /model.1/conv/Conv");
            watch.complete();
        }

        assertThat(reported)
                .containsExactly(
                        "loading TensorRT's builder 0",
                        "timing /model.0/conv/Conv 1",
                        "timing /model.1/conv/Conv 2",
                        "built 2");
    }
}
