package io.helmwatch.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One camera or file.
 *
 * <p>User information inside the URL is taken out into {@link #credentials}, so that {@link #url} may be shown; what opens
 * the stream takes {@link #connectUrl}. Making an instance registers its password with {@link Redaction}.
 *
 * @param id the stream's name in events and metrics: letters, digits, dot, dash, underscore; at most 64
 * @param url camera URL, file or folder, without user information
 * @param transport how RTSP carries its packets
 * @param analyzeFps frames analysed per second of stream time; 0 is all
 * @param realtime whether a file is played at its own pace and then treated as live
 * @param loop whether a file starts again at its end
 * @param openTimeout longest time to open the stream
 * @param readTimeout longest time without a packet before the stream counts as lost
 * @param credentials user and password; null where the stream needs none
 * @param tlsCaFile PEM file of the certificates that {@code rtsps:} and {@code https:} are verified against; null verifies nothing
 * @param rules zones, masks and rules for incidents
 * @param device index of the GPU that analyses the stream; null has one chosen. Without effect on a CPU
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
        @Nullable Credentials credentials,
        @Nullable Path tlsCaFile,
        StreamRulesConfig rules,
        @Nullable Integer device) {

    /** Takes user information out of the URL; credentials given beside it win. */
    public StreamConfig {
        UserInfo userInfo = UserInfo.of(url);
        if (userInfo != null) {
            url = userInfo.urlWithout();
            if (credentials == null) {
                credentials = new Credentials(userInfo.username(), Secret.of(userInfo.password()));
            }
        }
        if (credentials != null) {
            Redaction.register(credentials.username(), credentials.password());
        }
    }

    /** A stream without rules, on whatever device, whose certificate is not verified. */
    public StreamConfig(
            String id,
            String url,
            Transport transport,
            double analyzeFps,
            boolean realtime,
            boolean loop,
            Duration openTimeout,
            Duration readTimeout,
            @Nullable Credentials credentials) {
        this(
                id,
                url,
                transport,
                analyzeFps,
                realtime,
                loop,
                openTimeout,
                readTimeout,
                credentials,
                null,
                StreamRulesConfig.NONE,
                null);
    }

    /** The same stream played from a file: no credentials, nothing to verify. */
    public StreamConfig playing(String file, boolean atItsOwnRate, boolean forEver) {
        return new StreamConfig(
                id,
                file,
                transport,
                analyzeFps,
                atItsOwnRate,
                forEver,
                openTimeout,
                readTimeout,
                null,
                null,
                rules,
                device);
    }

    /** The same stream with other zones, masks and rules. */
    public StreamConfig withRules(StreamRulesConfig others) {
        return new StreamConfig(
                id,
                url,
                transport,
                analyzeFps,
                realtime,
                loop,
                openTimeout,
                readTimeout,
                credentials,
                tlsCaFile,
                others,
                device);
    }

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
    public record Credentials(String username, Secret password) {

        /** Neither user nor password. */
        @Override
        public String toString() {
            return "Credentials[***]";
        }
    }

    /** A stream with the defaults: TCP, every frame, 10 s to open, 10 s without a packet. */
    public static StreamConfig of(String id, String url) {
        return new StreamConfig(
                id, url, Transport.TCP, 0, false, false, Duration.ofSeconds(10), Duration.ofSeconds(10), null);
    }

    /**
     * What to hand to the library that opens the stream: the URL with user and password in it, percent-encoded, where there
     * are any. Never to be shown.
     */
    public Secret connectUrl() {
        Credentials known = credentials;
        if (known == null || !url.contains("://")) {
            return Secret.of(url);
        }
        return Secret.of(UserInfo.insert(url, known.username(), known.password().reveal()));
    }

    /** Shown without credentials. */
    @Override
    public String toString() {
        return "StreamConfig[id=" + id + ", url=" + Redaction.redact(url) + "]";
    }
}
