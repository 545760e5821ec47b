package io.helmwatch.ingest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StreamClockTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long FRAME = 40_000_000L;

    @Test
    void shouldFollowArrivalOnceTheStampsDoNotAdvance() {
        StreamClock clock = new StreamClock(10 * SECOND, true);
        long time = 0;
        long atDistrust = -1;
        int since = 0;
        for (int i = 0; i < 500; i++) {
            time = clock.next(77, FRAME, i * FRAME);
            clock.verify();
            if (!clock.check().isTrusted()) {
                atDistrust = atDistrust < 0 ? time : atDistrust;
                since += 1;
            }
        }
        assertThat(since).isGreaterThan(300);
        assertThat(time - atDistrust).isBetween((since - 1) * FRAME - FRAME, (since - 1) * FRAME + FRAME);
    }

    @Test
    void shouldKeepTheStreamsOwnSpacingWhileItIsPlausible() {
        StreamClock clock = new StreamClock(10 * SECOND, true);
        long time = 0;
        for (int i = 0; i < 500; i++) {
            time = clock.next(1000 + i * FRAME, FRAME, i * FRAME + (i % 3) * 5_000_000L);
            clock.verify();
        }
        assertThat(time).isEqualTo(499 * FRAME);
    }

    @Test
    void shouldNeverGoBackWhenTheVerdictChanges() {
        StreamClock clock = new StreamClock(10 * SECOND, true);
        long last = -1;
        for (int i = 0; i < 2000; i++) {
            long stamp = i < 500 ? i * FRAME * 10 : i < 1000 ? 7 : i * FRAME;
            long time = clock.next(stamp, FRAME, i * FRAME);
            clock.verify();
            assertThat(time).isGreaterThan(last);
            last = time;
        }
    }

    @Test
    void shouldNotCompareAFileWithTheClock() {
        StreamClock clock = new StreamClock(3600 * SECOND, false);
        long time = 0;
        for (int i = 0; i < 500; i++) {
            time = clock.next(i * FRAME, FRAME, i * FRAME * 9);
            assertThat(clock.verify()).isFalse();
        }
        assertThat(time).isEqualTo(499 * FRAME);
    }
}
