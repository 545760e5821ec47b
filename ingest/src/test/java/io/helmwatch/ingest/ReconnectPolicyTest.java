package io.helmwatch.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.ingest.ReconnectPolicy.Cause;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReconnectPolicyTest {

    @ParameterizedTest
    @CsvSource({
        // online before (ms), causes, shortest and longest of the last delay (ms)
        "60000, L, 100, 400",
        "60000, LL, 1000, 1250",
        "60000, LLL, 1500, 2500",
        "60000, LLLL, 3000, 5000",
        "60000, LLLLL, 6000, 10000",
        "60000, LLLLLL, 12000, 20000",
        "60000, LLLLLLL, 22500, 30000",
        "60000, LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL, 22500, 30000",
        "1000, L, 100, 400",
        "60000, U, 54000, 66000",
        "60000, LLLU, 54000, 66000",
        "60000, N, 100, 400",
        "60000, NN, 1000, 1250",
        "60000, NNN, 54000, 66000",
        "60000, NNNN, 54000, 66000",
        "60000, NNLN, 3000, 5000",
    })
    void shouldWait(long onlineMillis, String causes, long shortest, long longest) {
        for (int stream = 0; stream < 50; stream++) {
            ReconnectPolicy policy = new ReconnectPolicy("camera-" + stream);
            policy.wasOnline(onlineMillis);
            long delay = 0;
            for (char cause : causes.toCharArray()) {
                delay = policy.nextDelayMillis(
                        switch (cause) {
                            case 'U' -> Cause.UNAUTHORIZED;
                            case 'N' -> Cause.NOT_FOUND;
                            default -> Cause.LOST;
                        });
            }
            assertThat(delay).isBetween(shortest, longest);
        }
    }

    @Test
    void shouldStartFastAgainAfterTheStreamWasOnline() {
        ReconnectPolicy policy = new ReconnectPolicy("gate");
        for (int i = 0; i < 10; i++) {
            policy.nextDelayMillis(Cause.LOST);
        }
        policy.wasOnline(5_000);
        assertThat(policy.nextDelayMillis(Cause.LOST)).isBetween(100L, 400L);
    }

    @Test
    void shouldRetryAStreamThatBreaksAfterItsFirstFrameEverMoreSlowly() {
        ReconnectPolicy policy = new ReconnectPolicy("gate");
        long delay = 0;
        for (int i = 0; i < 8; i++) {
            policy.wasOnline(4_900);
            delay = policy.nextDelayMillis(Cause.LOST);
        }
        assertThat(delay).isBetween(22_500L, 30_000L);
    }

    @Test
    void shouldStaggerStreamsThatDiedTogether() {
        Set<Long> delays = new HashSet<>();
        for (int stream = 0; stream < 20; stream++) {
            ReconnectPolicy policy = new ReconnectPolicy("camera-" + stream);
            policy.nextDelayMillis(Cause.LOST);
            policy.nextDelayMillis(Cause.LOST);
            delays.add(policy.nextDelayMillis(Cause.LOST));
        }
        assertThat(delays).hasSizeGreaterThan(15);
    }

    @Test
    void shouldWaitTheSameForTheSameStream() {
        ReconnectPolicy one = new ReconnectPolicy("gate");
        ReconnectPolicy other = new ReconnectPolicy("gate");
        for (int i = 0; i < 8; i++) {
            assertThat(one.nextDelayMillis(Cause.LOST)).isEqualTo(other.nextDelayMillis(Cause.LOST));
        }
    }
}
