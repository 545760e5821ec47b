package io.helmwatch.ingest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureClockTest {
    private static final long NOW = 1_790_000_000_000L;
    private static final long MILLI = 1_000_000L;

    private final CaptureClock clock = new CaptureClock();

    @ParameterizedTest
    @ValueSource(longs = {0, 7_200_000, -300_000, 3_600_000, -400_000_000})
    void shouldStampByOurClockWhateverTheCamerasSays(long ahead) {
        clock.observe((NOW + ahead) * 1000, 0);

        long captured = clock.capturedAtMillis(0, true, NOW + 50);

        assertThat(captured).isEqualTo(NOW + 50);
        assertThat(clock.cameraTimeMillis()).isEqualTo(NOW + ahead);
        assertThat(clock.cameraOffsetMillis()).isEqualTo(ahead - 50);
    }

    @Test
    void shouldUseTheSpacingOfTheCamera() {
        clock.observe((NOW + 7_200_000) * 1000, 0);
        long first = clock.capturedAtMillis(0, true, NOW + 20);

        // The second frame is 100 ms later by the camera, but came 300 ms later.
        assertThat(clock.capturedAtMillis(100 * MILLI, true, NOW + 320)).isEqualTo(first + 100);
    }

    @Test
    void shouldNeverGoBackWhenTheCamerasClockIsSet() {
        long last = 0;
        for (int i = 0; i < 1000; i++) {
            long step = i < 300 ? 0 : i < 600 ? -3_600_000 : 3_600_000;
            clock.observe((NOW + i * 40 + step) * 1000, i * 40 * MILLI);
            long captured = clock.capturedAtMillis(i * 40 * MILLI, true, NOW + i * 40 + 30);
            assertThat(captured).isGreaterThanOrEqualTo(last).isBetween(NOW + i * 40 - 50, NOW + i * 40 + 30);
            last = captured;
        }
    }

    @Test
    void shouldFollowACameraWhoseClockStandsStill() {
        for (int i = 0; i < 1000; i++) {
            if (i % 50 == 0) {
                clock.observe(NOW * 1000, i * 40 * MILLI);
            }
            assertThat(clock.capturedAtMillis(i * 40 * MILLI, true, NOW + i * 40))
                    .isBetween(NOW + i * 40 - 100, NOW + i * 40);
        }
    }

    @Test
    void shouldUseTheTimeOfReceiptWhereStampsAreNotTrusted() {
        clock.observe(NOW * 1000, 0);
        for (int i = 0; i < 100; i++) {
            assertThat(clock.capturedAtMillis(i * MILLI, false, NOW + i * 40)).isEqualTo(NOW + i * 40);
        }
    }

    @Test
    void shouldNotKnowTheClockOfACameraThatDoesNotReportIt() {
        clock.observe(0, 0);

        assertThat(clock.capturedAtMillis(0, true, NOW)).isEqualTo(NOW);
        assertThat(clock.cameraTimeMillis()).isEqualTo(CaptureClock.UNKNOWN);
        assertThat(clock.cameraOffsetMillis()).isEqualTo(CaptureClock.UNKNOWN);
    }

    @Test
    void shouldRunOnWhenTheSystemsClockIsSetBack() {
        WallClock wall = new WallClock();
        long last = wall.millis(0, NOW);
        for (int i = 1; i < 1000; i++) {
            long time = wall.millis(i * 40 * MILLI, NOW + i * 40 - (i < 100 ? 0 : 3_600_000));
            assertThat(time).isGreaterThanOrEqualTo(last);
            last = time;
        }
        assertThat(last - NOW).isBetween(999 * 36L, 999 * 40L);
        assertThat(wall.millis(40_000 * MILLI, NOW + 86_400_000)).isEqualTo(NOW + 86_400_000);
    }
}
