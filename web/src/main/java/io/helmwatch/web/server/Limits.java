package io.helmwatch.web.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * What clients may occupy.
 *
 * @param connections open at the same time
 * @param viewers WebSocket connections among them
 * @param requestTime from the connection to the last byte of its first request
 * @param idleTime between two requests, and without a byte
 * @param responseTime from a request to the last byte of its response
 * @param bodyBytes body of a request
 */
record Limits(
        int connections, int viewers, Duration requestTime, Duration idleTime, Duration responseTime, int bodyBytes) {
    private static final int MOST_CONNECTIONS = 256;
    private static final int LEAST_CONNECTIONS = 64;
    /** Connections take at most this part of the process's descriptors; streams, the broker and files need the others. */
    private static final int PART_OF_DESCRIPTORS = 8;

    static final int BODY_BYTES = 256 * 1024;

    /** The limits of this process. */
    static Limits ofProcess() {
        long descriptors = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : 0;
        int connections =
                (int) Math.max(LEAST_CONNECTIONS, Math.min(MOST_CONNECTIONS, descriptors / PART_OF_DESCRIPTORS));
        return new Limits(
                connections,
                connections / 2,
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ofMinutes(2),
                BODY_BYTES);
    }
}
