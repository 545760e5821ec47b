package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.helmwatch.sinks.SinkCounters;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BrokerStateTest {
    private final AtomicLong nanos = new AtomicLong();
    private final SinkCounters counters = new SinkCounters(() -> 0);
    private final BrokerState state = new BrokerState("broker:9092", counters, nanos::get);

    private void pass(long millis) {
        nanos.addAndGet(millis * 1_000_000);
        state.log();
    }

    @Test
    void shouldLogEachChangeOnceHoweverOftenItIsTold() {
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch")) {
            for (int i = 0; i < 100; i++) {
                state.up();
                pass(100);
            }
            for (int i = 0; i < 100; i++) {
                state.away("reason " + i);
                pass(100);
            }
            assertThat(counters.connected()).isFalse();
            assertThat(counters.problem()).isEqualTo("reason 99");
            for (int i = 0; i < 100; i++) {
                state.up();
                pass(100);
            }
            assertThat(counters.problem()).isEmpty();
            assertThat(log.lines())
                    .containsExactly(
                            "INFO kafka is up: broker:9092",
                            "WARN kafka is away: reason 0; retrying, the newest messages are kept",
                            "INFO kafka is back: broker:9092 after 10 s; 0 messages were dropped so far");
        }
    }

    @Test
    void shouldNotLogWhatLastsAMomentOnly() {
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch")) {
            state.up();
            for (int i = 0; i < 100; i++) {
                pass(10_000);
                state.away("a moment");
                pass(100);
                state.up();
            }
            assertThat(log.lines()).containsExactly("INFO kafka is up: broker:9092");
        }
    }

    @Test
    void shouldNotFillTheLogWhenABrokerComesAndGoesButTellTheLastState() {
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch")) {
            for (int i = 0; i < 600; i++) {
                state.up();
                pass(500);
                state.away("flapping");
                pass(500);
            }
            assertThat(log.lines()).hasSizeBetween(30, 70);
            pass(20_000);
            assertThat(log.lines().get(log.lines().size() - 1)).contains("kafka is away");
        }
    }
}
