package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.helmwatch.sinks.SinkCounters;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BrokerStateTest {
    private final AtomicLong nanos = new AtomicLong();
    private final SinkCounters counters = new SinkCounters(() -> 0);
    private final BrokerState state = new BrokerState(
            new BrokerState.Wording(
                    "broker:9092", "detections", "the newest are kept", () -> counters.dropped() + " dropped"),
            counters,
            nanos::get);

    private void pass(long millis) {
        nanos.addAndGet(millis * 1_000_000);
        state.log();
    }

    @Test
    void shouldLogEachChangeOnceHoweverOftenItIsReported() {
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch")) {
            for (int i = 0; i < 100; i++) {
                state.markAvailable();
                pass(100);
            }
            for (int i = 0; i < 100; i++) {
                state.markUnavailable("reason " + i);
                pass(100);
            }
            assertThat(counters.connected()).isFalse();
            assertThat(counters.problem()).isEqualTo("reason 99");
            for (int i = 0; i < 100; i++) {
                state.markAvailable();
                pass(100);
            }
            assertThat(counters.problem()).isEmpty();
            assertThat(log.lines())
                    .containsExactly(
                            "INFO Kafka available for detections: broker:9092",
                            "WARN Kafka unavailable for detections: reason 0; retrying, the newest are kept",
                            "INFO Kafka available again for detections: broker:9092 after 10 s, 0 dropped");
        }
    }

    @Test
    void shouldNotLogWhatLastsAMomentOnly() {
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch")) {
            state.markAvailable();
            for (int i = 0; i < 100; i++) {
                pass(10_000);
                state.markUnavailable("a moment");
                pass(100);
                state.markAvailable();
            }
            assertThat(log.lines()).containsExactly("INFO Kafka available for detections: broker:9092");
        }
    }

    @Test
    void shouldNotFillTheLogWhenABrokerComesAndGoesButReportTheLastState() {
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch")) {
            for (int i = 0; i < 600; i++) {
                state.markAvailable();
                pass(500);
                state.markUnavailable("flapping");
                pass(500);
            }
            assertThat(log.lines()).hasSizeBetween(30, 70);
            pass(20_000);
            assertThat(log.lines().get(log.lines().size() - 1)).contains("Kafka unavailable");
        }
    }
}
