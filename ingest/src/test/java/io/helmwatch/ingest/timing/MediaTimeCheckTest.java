package io.helmwatch.ingest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediaTimeCheckTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    private final MediaTimeCheck check = new MediaTimeCheck();
    private long now = 5 * SECOND;
    private long media;

    @ParameterizedTest(name = "{0}: {1} ms of media time every {2} ms")
    @CsvSource({
        // what, media milliseconds a frame, milliseconds between arrivals, trusted after 8 s
        "as it should be, 40, 40, true",
        "one frame a second, 1000, 1000, true",
        "5 percent too fast, 42, 40, true",
        "equal stamps, 0, 40, false",
        "milliseconds on a 90 kHz clock, 0.444, 40, false",
        "25 frames claimed and 12.5 sent, 40, 80, false",
        "MJPEG at 5 frames a second, 40, 200, false",
        "ten times too fast, 400, 40, false",
    })
    void shouldJudge(String what, double mediaMillis, long arrivalMillis, boolean trusted) {
        play(8, mediaMillis, arrivalMillis);

        assertThat(check.isTrusted()).isEqualTo(trusted);
        assertThat(check.rate())
                .isBetween(mediaMillis / arrivalMillis * 0.98, mediaMillis / arrivalMillis * 1.02 + 0.001);
    }

    @Test
    void shouldReportTheChangeOnce() {
        assertThat(play(20, 0, 40)).isEqualTo(1);
    }

    @Test
    void shouldTrustAgainWhenTheCameraWasRepaired() {
        play(8, 0, 40);
        assertThat(play(20, 40, 40)).isEqualTo(1);
        assertThat(check.isTrusted()).isTrue();
    }

    @Test
    void shouldNotMindABurstAtTheStart() {
        for (int i = 0; i < 100; i++) {
            frame(40, 1);
        }
        play(20, 40, 40);
        assertThat(check.isTrusted()).isTrue();
    }

    @Test
    void shouldNotMindSegmentsThatArriveAtOnce() {
        for (int segment = 0; segment < 10; segment++) {
            now += 4 * SECOND;
            for (int i = 0; i < 100; i++) {
                frame(40, 0.1);
            }
        }
        assertThat(check.isTrusted()).isTrue();
    }

    @Test
    void shouldNotMindANetworkThatStalls() {
        for (int stall = 0; stall < 10; stall++) {
            play(2, 40, 40);
            now += 2 * SECOND;
            for (int i = 0; i < 50; i++) {
                frame(40, 1);
            }
        }
        assertThat(check.isTrusted()).isTrue();
    }

    private int play(int seconds, double mediaMillis, long arrivalMillis) {
        int changes = 0;
        for (long i = 0; i * arrivalMillis <= seconds * 1000L; i++) {
            changes += frame(mediaMillis, arrivalMillis) ? 1 : 0;
        }
        return changes;
    }

    private boolean frame(double mediaMillis, double arrivalMillis) {
        media += Math.round(mediaMillis * MILLI);
        now += Math.round(arrivalMillis * MILLI);
        return check.observe(media, now);
    }
}
