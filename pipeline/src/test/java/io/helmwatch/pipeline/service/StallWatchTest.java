package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StallWatchTest {
    private final AtomicLong done = new AtomicLong();
    private final AtomicBoolean waiting = new AtomicBoolean();
    private final AtomicLong clock = new AtomicLong();
    private final StallWatch watch = new StallWatch(done::get, waiting::get, clock::get);

    private Duration afterSeconds(int seconds) {
        for (int i = 0; i < seconds; i++) {
            clock.addAndGet(1_000_000_000);
            watch.check();
        }
        return watch.stalledFor();
    }

    @Test
    void shouldNotMindWhenThereIsNothingToDo() {
        assertThat(afterSeconds(100)).isZero();
    }

    @Test
    void shouldNotMindWhileWorkIsDone() {
        waiting.set(true);
        for (int i = 0; i < 100; i++) {
            done.incrementAndGet();
            assertThat(afterSeconds(1)).isZero();
        }
    }

    @Test
    void shouldReportSinceWhenWorkMakesNoProgress() {
        waiting.set(true);
        done.set(5);
        afterSeconds(1);
        assertThat(afterSeconds(31)).isEqualTo(Duration.ofSeconds(31));
        done.set(6);
        assertThat(afterSeconds(1)).isZero();
    }
}
