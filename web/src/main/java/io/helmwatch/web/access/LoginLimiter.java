package io.helmwatch.web.access;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Slows down whoever fails to log in: after five failures in a row an address waits, twice as long after each further one, at most 15 minutes.
 * Addresses of one IPv6 network (/64) count as one. Failures are forgotten an hour after the last.
 *
 * <p>Threading: any thread.
 */
final class LoginLimiter {
    private static final int FREE_FAILURES = 5;
    private static final int MOST_ADDRESSES = 10_000;
    private static final int IPV6_NETWORK_BYTES = 8;
    private static final Duration FIRST_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(15);
    private static final Duration MEMORY = Duration.ofHours(1);

    private final Map<String, Failures> byAddress = new LinkedHashMap<>(16, 0.75f, true);
    private final LongSupplier nanoTime;

    private record Failures(int count, long lastNanos) {
        long waitNanos() {
            if (count < FREE_FAILURES) {
                return 0;
            }
            long doubled = FIRST_WAIT.toNanos() << Math.min(20, count - FREE_FAILURES);
            return Math.min(doubled, LONGEST_WAIT.toNanos());
        }
    }

    LoginLimiter(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** How long an address has to wait for its next attempt; zero where it has not. */
    synchronized Duration waitOf(InetAddress address) {
        Failures failures = byAddress.get(network(address));
        if (failures == null) {
            return Duration.ZERO;
        }
        long left = failures.waitNanos() - (nanoTime.getAsLong() - failures.lastNanos);
        return left <= 0 ? Duration.ZERO : Duration.ofNanos(left);
    }

    synchronized void failed(InetAddress address) {
        long now = nanoTime.getAsLong();
        byAddress.compute(
                network(address),
                (network, before) -> before == null || now - before.lastNanos > MEMORY.toNanos()
                        ? new Failures(1, now)
                        : new Failures(before.count + 1, now));
        if (byAddress.size() > MOST_ADDRESSES) {
            byAddress.remove(byAddress.keySet().iterator().next());
        }
    }

    synchronized void succeeded(InetAddress address) {
        byAddress.remove(network(address));
    }

    private static String network(InetAddress address) {
        byte[] bytes = address.getAddress();
        return HexFormat.of()
                .formatHex(address instanceof Inet6Address ? Arrays.copyOf(bytes, IPV6_NETWORK_BYTES) : bytes);
    }
}
