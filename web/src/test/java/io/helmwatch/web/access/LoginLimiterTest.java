package io.helmwatch.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LoginLimiterTest {
    private long now = -5;
    private final LoginLimiter limiter = new LoginLimiter(() -> now);

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }

    private void fail(String address, int times) {
        for (int i = 0; i < times; i++) {
            limiter.failed(address(address));
        }
    }

    @Test
    void shouldLetAnAddressFailFourTimesAndThenWaitTwiceAsLongEachTime() {
        fail("192.0.2.1", 4);
        assertThat(limiter.waitOf(address("192.0.2.1"))).isZero();
        fail("192.0.2.1", 1);
        assertThat(limiter.waitOf(address("192.0.2.1"))).isEqualTo(Duration.ofSeconds(5));
        fail("192.0.2.1", 1);
        assertThat(limiter.waitOf(address("192.0.2.1"))).isEqualTo(Duration.ofSeconds(10));
        now += Duration.ofSeconds(10).toNanos();
        assertThat(limiter.waitOf(address("192.0.2.1"))).isZero();
        fail("192.0.2.1", 60);
        assertThat(limiter.waitOf(address("192.0.2.1"))).isEqualTo(Duration.ofMinutes(15));
    }

    @Test
    void shouldForgetAfterAnHourAndAfterALogin() {
        fail("192.0.2.1", 6);
        now += Duration.ofMinutes(61).toNanos();
        fail("192.0.2.1", 1);
        assertThat(limiter.waitOf(address("192.0.2.1"))).isZero();
        fail("192.0.2.1", 6);
        limiter.succeeded(address("192.0.2.1"));
        assertThat(limiter.waitOf(address("192.0.2.1"))).isZero();
    }

    @Test
    void shouldCountAddressesOfOneIpv6NetworkAsOne() {
        for (int i = 1; i <= 5; i++) {
            fail("2001:db8:0:1::" + i, 1);
        }
        assertThat(limiter.waitOf(address("2001:db8:0:1::99"))).isPositive();
        assertThat(limiter.waitOf(address("2001:db8:0:2::1"))).isZero();
    }

    @Test
    void shouldForgetTheAddressThatFailedLeastRecentlyWhenThereAreTooMany() {
        fail("192.0.2.1", 6);
        for (int i = 0; i < 10_000; i++) {
            fail("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255), 1);
        }
        assertThat(limiter.waitOf(address("192.0.2.1"))).isZero();
    }
}
