package io.helmwatch.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One camera or file.
 *
 * @param id the stream's name in events and metrics: letters, digits, dot, dash, underscore; at most 64
 * @param url camera URL, file or folder; user and password inside are allowed and never shown
 * @param transport how RTSP carries its packets
 * @param analyzeFps frames analysed per second of stream time; 0 is all
 * @param realtime whether a file is played at its own pace and then treated as live
 * @param loop whether a file starts again at its end
 * @param openTimeout longest time to open the stream
 * @param readTimeout longest time without a packet before the stream counts as lost
 * @param credentials user and password kept apart from the URL
 */
public record StreamConfig(
        String id,
        String url,
        Transport transport,
        double analyzeFps,
        boolean realtime,
        boolean loop,
        Duration openTimeout,
        Duration readTimeout,
        @Nullable Credentials credentials) {

    /** Transports of RTSP. */
    public enum Transport {
        /** Interleaved in the RTSP connection. */
        TCP,
        /** RTP packets of their own. */
        UDP
    }

    /**
     * User and password, the password from the environment or a file.
     *
     * @param username user
     * @param password already read
     */
    public record Credentials(String username, Secret password) {}

    /** A stream with the defaults: TCP, every frame, 10 s to open, 10 s without a packet. */
    public static StreamConfig of(String id, String url) {
        return new StreamConfig(
                id, url, Transport.TCP, 0, false, false, Duration.ofSeconds(10), Duration.ofSeconds(10), null);
    }

    /** The URL may hold a password: shown without user information. */
    @Override
    public String toString() {
        return "StreamConfig[id=" + id + ", url=" + Redaction.redact(url) + "]";
    }
}
