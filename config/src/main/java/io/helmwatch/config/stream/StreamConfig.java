package io.helmwatch.config.stream;

import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.secret.UserInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One camera or file.
 *
 * <p>User information in the URL is moved to {@link #credentials}, so that {@link #url} may be shown; what opens the stream
 * takes {@link #connectUrl}. Creating an instance registers its password with {@link Redaction}.
 *
 * @param id the stream's name in events and metrics: letters, digits, dot, dash, underscore; at most 64
 * @param url camera URL, file or folder, without user information
 * @param transport how RTSP carries its packets
 * @param analyzeFps frames analysed per second of stream time; 0 is all
 * @param decode which frames are decoded
 * @param realtime whether a file is played at its own rate and then treated as live
 * @param loop whether a file is played again when it ends
 * @param openTimeout longest time to open the stream
 * @param readTimeout longest time without a packet before the stream is reconnected
 * @param credentials user and password; null where the stream needs none
 * @param tlsCaFile PEM file of the certificates that {@code rtsps:} and {@code https:} are verified against; null verifies nothing
 * @param allowedHosts hosts, besides the URL's own, that an HTTP camera may redirect to or name in a playlist
 * @param poll time from one request of an image URL to the next; null for a URL that delivers a stream
 * @param pixelAspect shape of a pixel, whatever the stream says; null takes the stream's, else square
 * @param rules zones, masks and rules for incidents
 * @param device index of the GPU that analyses the stream; null lets the service choose. Without effect on a CPU
 * @param ignoreHealth what may be wrong with the image without the stream being degraded
 */
public record StreamConfig(
        String id,
        String url,
        Transport transport,
        double analyzeFps,
        DecodeMode decode,
        boolean realtime,
        boolean loop,
        Duration openTimeout,
        Duration readTimeout,
        @Nullable Credentials credentials,
        @Nullable Path tlsCaFile,
        List<HostAndPort> allowedHosts,
        @Nullable Duration poll,
        @Nullable PixelAspect pixelAspect,
        StreamRulesConfig rules,
        @Nullable Integer device,
        Set<HealthCheck> ignoreHealth) {

    /** Moves user information from the URL to the credentials; credentials that are given win. */
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
        Redaction.registerPartsOf(url);
        allowedHosts = List.copyOf(allowedHosts);
        ignoreHealth = Set.copyOf(ignoreHealth);
    }

    /** Transports of RTSP. */
    public enum Transport {
        /** Interleaved in the RTSP connection. */
        TCP,
        /** RTP packets of their own. */
        UDP
    }

    /** A stream with the defaults: TCP, every frame analysed, 10 s to open, 10 s without a packet. */
    public static StreamConfig of(String id, String url) {
        return new Builder(id, url).build();
    }

    /** A builder for a stream with the defaults. */
    public static Builder builder(String id, String url) {
        return new Builder(id, url);
    }

    /** A builder that starts with this stream's values. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** The same stream played from a file: no credentials, nothing to verify. */
    public StreamConfig playing(String file, boolean atItsOwnRate, boolean forEver) {
        return toBuilder()
                .url(file)
                .realtime(atItsOwnRate)
                .loop(forEver)
                .credentials(null)
                .tlsCaFile(null)
                .poll(null)
                .build();
    }

    /** The same stream with other zones, masks and rules. */
    public StreamConfig withRules(StreamRulesConfig others) {
        return toBuilder().rules(others).build();
    }

    /**
     * What the library that opens the stream gets: the URL with user and password in it, percent-encoded, where there are any.
     * Must not be shown.
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

    /** Builds a stream from its defaults or from another stream. Threading: one thread. */
    public static final class Builder {
        private final String id;
        private String url;
        private Transport transport = Transport.TCP;
        private double analyzeFps;
        private DecodeMode decode = DecodeMode.AUTO;
        private boolean realtime;
        private boolean loop;
        private Duration openTimeout = Duration.ofSeconds(10);
        private Duration readTimeout = Duration.ofSeconds(10);
        private @Nullable Credentials credentials;
        private @Nullable Path tlsCaFile;
        private List<HostAndPort> allowedHosts = List.of();
        private @Nullable Duration poll;
        private @Nullable PixelAspect pixelAspect;
        private StreamRulesConfig rules = StreamRulesConfig.NONE;
        private @Nullable Integer device;
        private Set<HealthCheck> ignoreHealth = Set.of();

        private Builder(String id, String url) {
            this.id = id;
            this.url = url;
        }

        private Builder(StreamConfig stream) {
            id = stream.id;
            url = stream.url;
            transport = stream.transport;
            analyzeFps = stream.analyzeFps;
            decode = stream.decode;
            realtime = stream.realtime;
            loop = stream.loop;
            openTimeout = stream.openTimeout;
            readTimeout = stream.readTimeout;
            credentials = stream.credentials;
            tlsCaFile = stream.tlsCaFile;
            allowedHosts = stream.allowedHosts;
            poll = stream.poll;
            pixelAspect = stream.pixelAspect;
            rules = stream.rules;
            device = stream.device;
            ignoreHealth = stream.ignoreHealth;
        }

        /** Sets {@link StreamConfig#url}. */
        public Builder url(String value) {
            url = value;
            return this;
        }

        /** Sets {@link StreamConfig#transport}. */
        public Builder transport(Transport value) {
            transport = value;
            return this;
        }

        /** Sets {@link StreamConfig#analyzeFps}. */
        public Builder analyzeFps(double value) {
            analyzeFps = value;
            return this;
        }

        /** Sets {@link StreamConfig#decode}. */
        public Builder decode(DecodeMode value) {
            decode = value;
            return this;
        }

        /** Sets {@link StreamConfig#realtime}. */
        public Builder realtime(boolean value) {
            realtime = value;
            return this;
        }

        /** Sets {@link StreamConfig#loop}. */
        public Builder loop(boolean value) {
            loop = value;
            return this;
        }

        /** Sets {@link StreamConfig#openTimeout}. */
        public Builder openTimeout(Duration value) {
            openTimeout = value;
            return this;
        }

        /** Sets {@link StreamConfig#readTimeout}. */
        public Builder readTimeout(Duration value) {
            readTimeout = value;
            return this;
        }

        /** Sets {@link StreamConfig#credentials}. */
        public Builder credentials(@Nullable Credentials value) {
            credentials = value;
            return this;
        }

        /** Sets {@link StreamConfig#tlsCaFile}. */
        public Builder tlsCaFile(@Nullable Path value) {
            tlsCaFile = value;
            return this;
        }

        /** Sets {@link StreamConfig#allowedHosts}. */
        public Builder allowedHosts(List<HostAndPort> value) {
            allowedHosts = value;
            return this;
        }

        /** Sets {@link StreamConfig#poll}. */
        public Builder poll(@Nullable Duration value) {
            poll = value;
            return this;
        }

        /** Sets {@link StreamConfig#pixelAspect}. */
        public Builder pixelAspect(@Nullable PixelAspect value) {
            pixelAspect = value;
            return this;
        }

        /** Sets {@link StreamConfig#rules}. */
        public Builder rules(StreamRulesConfig value) {
            rules = value;
            return this;
        }

        /** Sets {@link StreamConfig#device}. */
        public Builder device(@Nullable Integer value) {
            device = value;
            return this;
        }

        /** Sets {@link StreamConfig#ignoreHealth}. */
        public Builder ignoreHealth(Set<HealthCheck> value) {
            ignoreHealth = value;
            return this;
        }

        /** The stream; registers its password with {@link Redaction}. */
        public StreamConfig build() {
            return new StreamConfig(
                    id,
                    url,
                    transport,
                    analyzeFps,
                    decode,
                    realtime,
                    loop,
                    openTimeout,
                    readTimeout,
                    credentials,
                    tlsCaFile,
                    allowedHosts,
                    poll,
                    pixelAspect,
                    rules,
                    device,
                    ignoreHealth);
        }
    }
}
