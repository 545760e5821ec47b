package io.helmwatch.ingest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PresentationClockTest {
    private static final long MS = 1_000_000L;
    private static final long HOUR = 3_600_000 * MS;

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // what, timestamps in ms (- is missing), expected in ms
        "even, 1000 1040 1080, 0 40 80",
        "starts below zero, -80 -40 0, 0 40 80",
        "repeats, 0 40 40 80, 0 40 40.001 80",
        "small step back, 0 40 20 80, 0 40 40.001 80",
        "missing, 0 - - 120, 0 40 80 120",
        "all missing, - - -, 0 40 80",
        "missing at the start, - 500 540, 0 40 80",
        "wrap, 95443700 95443740 0 40, 0 40 80 120",
        "jump ahead, 0 40 9000000 9000040, 0 40 80 120",
        "long gap within the limit, 0 40 60000 60040, 0 40 60000 60040",
    })
    void shouldKeepTimeGoing(String what, String timestamps, String expected) {
        PresentationClock clock = new PresentationClock(HOUR, false);
        StringBuilder times = new StringBuilder();
        for (String timestamp : timestamps.split(" ")) {
            long nanos = timestamp.equals("-") ? PresentationClock.NONE : Long.parseLong(timestamp) * MS;
            double millis = clock.next(nanos, 40 * MS, 0) / 1e6;
            times.append(times.isEmpty() ? "" : " ")
                    .append(millis == Math.rint(millis) ? "" + (long) millis : "" + millis);
        }
        assertThat(times).hasToString(expected);
    }

    @Test
    void shouldAdvanceByTheTimeThatPassedWhenALiveStreamComesBack() {
        PresentationClock clock = new PresentationClock(10_000 * MS, true);
        clock.next(5000 * MS, 40 * MS, 0);
        clock.next(5040 * MS, 40 * MS, 40 * MS);
        clock.restart();
        assertThat(clock.next(0, 40 * MS, 7040 * MS)).isEqualTo(7040 * MS);
        assertThat(clock.next(40 * MS, 40 * MS, 7080 * MS)).isEqualTo(7080 * MS);
    }

    @Test
    void shouldContinueOneFrameLaterWhenAFileStartsAgain() {
        PresentationClock clock = new PresentationClock(HOUR, false);
        clock.next(0, 40 * MS, 0);
        clock.next(40 * MS, 40 * MS, 1);
        clock.restart();
        assertThat(clock.next(0, 40 * MS, 9_000 * MS)).isEqualTo(80 * MS);
    }

    @Test
    void shouldNeverGoBackWhateverTheStreamSays() {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 200; round++) {
            boolean live = random.nextBoolean();
            PresentationClock clock = new PresentationClock(random.nextLong(1, 1L << 45), live);
            long last = -1;
            for (int i = 0; i < 200; i++) {
                long raw = random.nextLong() >> random.nextInt(64);
                long nanos = random.nextInt(10) == 0
                        ? PresentationClock.NONE
                        : PresentationClock.toNanos(raw, random.nextInt(1, 1 << 20), random.nextInt(1, 1 << 30));
                if (random.nextInt(20) == 0) {
                    clock.restart();
                }
                long time = clock.next(nanos, random.nextLong(1, 1L << 36), i * 40 * MS);
                assertThat(time).isGreaterThan(last);
                last = time;
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        // timestamp, numerator, denominator, nanoseconds
        "90000, 1, 90000, 1000000000",
        "3003, 1, 90000, 33366666",
        "1, 1001, 30000, 33366666",
        "-12800, 1, 12800, -1000000000",
        "40, 1, 1000, 40000000",
        "9000000000, 1, 90000, 100000000000000",
        "9223372036854775807, 1, 1, " + Long.MIN_VALUE,
        "5, 0, 1, " + Long.MIN_VALUE,
        "5, 1, 0, " + Long.MIN_VALUE,
        "2, 2147483647, 2147483646, 2000000000",
    })
    void shouldConvertTimestampsToNanoseconds(long timestamp, int numerator, int denominator, long nanos) {
        assertThat(PresentationClock.toNanos(timestamp, numerator, denominator)).isEqualTo(nanos);
    }
}
