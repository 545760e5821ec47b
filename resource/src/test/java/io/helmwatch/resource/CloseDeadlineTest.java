package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CloseDeadlineTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final CloseDeadline closing = new CloseDeadline();

    @Test
    void shouldNotBePastBeforeClosingStarts() {
        assertThat(closing.isStarted()).isFalse();
        assertThat(closing.isPast()).isFalse();
        assertThat(closing.remaining()).isZero();
    }

    @Test
    void shouldLeaveTheTimeThatTheFirstCallGives() {
        assertThat(closing.start(LONG)).isTrue();
        assertThat(closing.start(Duration.ZERO)).as("second call").isFalse();
        assertThat(closing.isStarted()).isTrue();
        assertThat(closing.isPast()).isFalse();
        assertThat(closing.remaining()).isBetween(LONG.minusMinutes(1), LONG);
    }

    @Test
    void shouldBePastWhenTheTimeIsUp() {
        closing.start(Duration.ZERO);
        assertThat(closing.isPast()).isTrue();
        assertThat(closing.remaining()).isZero();
    }

    @Test
    void shouldPauseUntilClosingStarts() throws InterruptedException {
        closing.pause(Duration.ofMillis(1));
        Thread closer = new Thread(() -> closing.start(LONG));
        closer.start();
        closing.pause(LONG);
        assertThat(closing.isStarted()).isTrue();
        ThreadStop.join(closer, 0);
    }
}
