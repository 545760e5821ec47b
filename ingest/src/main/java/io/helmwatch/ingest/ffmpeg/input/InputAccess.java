package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.network.RtspRelay;
import org.jspecify.annotations.Nullable;

/**
 * How an input is reached.
 *
 * @param config the stream's
 * @param policy where its server may lead to
 * @param url what FFmpeg opens; may contain secrets
 * @param displayed its name in errors
 * @param http fetches it; null for what FFmpeg opens on its own
 * @param relay authenticates for FFmpeg; null where that is not needed. Closed with the input
 * @param hasOtherOrigin whether a redirect led to an address that credentials are not sent to
 */
public record InputAccess(
        StreamConfig config,
        RedirectPolicy policy,
        String url,
        String displayed,
        @Nullable HttpTransport http,
        @Nullable RtspRelay relay,
        boolean hasOtherOrigin) {

    /** A file, image or camera that FFmpeg opens on its own. */
    public static InputAccess direct(StreamConfig config, RedirectPolicy policy, StreamAddress target) {
        return new InputAccess(
                config,
                policy,
                InputOptions.url(config, policy, target),
                policy.displayed(target),
                null,
                null,
                !policy.isSameOrigin(target));
    }

    /** One image of the folder that the address names. */
    public static InputAccess image(StreamConfig config, StreamAddress address, String path) {
        return new InputAccess(config, new RedirectPolicy(config, address), "file:" + path, path, null, null, false);
    }

    /** What the transport fetches. */
    public static InputAccess through(StreamConfig config, RedirectPolicy policy, HttpTransport http) {
        return new InputAccess(config, policy, "", policy.configured().displayed(), http, null, false);
    }

    /** A camera behind a relay. */
    public static InputAccess through(
            StreamConfig config, RedirectPolicy policy, StreamAddress target, RtspRelay relay) {
        return new InputAccess(
                config,
                policy,
                relay.clientBase() + target.pathAndQuery(),
                policy.displayed(target),
                null,
                relay,
                false);
    }

    public StreamAddress address() {
        return policy.configured();
    }

    /** Whether FFmpeg may follow a redirect on its own: not away from a relay, and with credentials in the URL nowhere else. */
    boolean mayFollow(String target) {
        return relay == null && (address().kind() != Kind.RTSP || policy.isSameOrigin(target));
    }
}
