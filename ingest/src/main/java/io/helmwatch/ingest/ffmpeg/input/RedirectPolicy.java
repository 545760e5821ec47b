package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.HostAndPort;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Where a server may send us, and where credentials go.
 *
 * <ul>
 *   <li>Credentials go to the configured scheme, host and port only.
 *   <li>RTSP: another port of the same host is followed, another host only when it is among the allowed ones.
 *   <li>HTTP: another port or host is followed only when it is among the allowed ones, or for the same host from the default
 *       port of {@code http:} to that of {@code https:}.
 *   <li>An encrypted stream never continues unencrypted.
 * </ul>
 *
 * <p>Threading: immutable.
 */
public final class RedirectPolicy {
    private final StreamConfig config;
    private final StreamAddress configured;

    public RedirectPolicy(StreamConfig config, StreamAddress configured) {
        this.config = config;
        this.configured = configured;
    }

    /** The configured address. */
    public StreamAddress configured() {
        return configured;
    }

    /** Whether an address has the configured scheme, host and port. */
    boolean isSameOrigin(String url) {
        StreamAddress target = parse(url);
        return target != null && isSameOrigin(target);
    }

    /** As {@link #isSameOrigin(String)}. */
    boolean isSameOrigin(StreamAddress target) {
        return target.scheme().equals(configured.scheme())
                && isSameHost(target)
                && target.effectivePort() == configured.effectivePort();
    }

    /**
     * The address to follow.
     *
     * @throws InputLostException when it must not be followed; the sentence says why
     */
    public StreamAddress follow(String url) {
        StreamAddress target = parse(url);
        if (target == null) {
            throw refused("an address that is not allowed", "");
        }
        if (configured.isEncrypted() && !target.isEncrypted()) {
            throw refused(target.displayed(), ", which is not encrypted");
        }
        if (isSameOrigin(target) || isAllowed(target)) {
            return target;
        }
        boolean follows = configured.kind() == Kind.RTSP ? isSameHost(target) : isSameHost(target) && isUpgrade(target);
        if (!follows) {
            throw refused(
                    target.displayed(),
                    ", another " + (isSameHost(target) ? "port" : "host")
                            + ": add it to allowed-hosts if that is intended");
        }
        return target;
    }

    /** What a target is called in errors: the configured address and, after a redirect, where it led to. */
    String displayed(StreamAddress target) {
        return target.displayed().equals(configured.displayed())
                ? configured.displayed()
                : configured.displayed() + ", which redirects to " + target.displayed() + ",";
    }

    private boolean isUpgrade(StreamAddress target) {
        return configured.scheme().equals("http")
                && target.scheme().equals("https")
                && configured.effectivePort() == StreamAddress.defaultPort("http")
                && target.effectivePort() == StreamAddress.defaultPort("https");
    }

    private boolean isSameHost(StreamAddress target) {
        return target.host().equalsIgnoreCase(configured.host());
    }

    private boolean isAllowed(StreamAddress target) {
        for (HostAndPort allowed : config.allowedHosts()) {
            if (allowed.matches(target.host(), target.effectivePort())) {
                return true;
            }
        }
        return false;
    }

    private @Nullable StreamAddress parse(String url) {
        try {
            StreamAddress target = StreamAddress.parse(url);
            return target.kind() == configured.kind() ? target : null;
        } catch (IngestException e) {
            return null;
        }
    }

    private InputLostException refused(String target, String why) {
        return new InputLostException(
                Cause.NOT_FOUND, configured + " leads to " + target + why + "; it was not followed.");
    }
}
