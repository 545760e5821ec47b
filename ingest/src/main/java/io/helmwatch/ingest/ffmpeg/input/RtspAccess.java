package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.network.Authentication;
import io.helmwatch.ingest.network.HttpSource.Server;
import io.helmwatch.ingest.network.RtspInquiry;
import io.helmwatch.ingest.network.RtspRelay;
import io.helmwatch.ingest.network.TlsTrust;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who authenticates to an RTSP camera: FFmpeg's client, which answers Basic to whoever asks and of Digest knows only MD5 and only
 * the last offer, or, where that is not enough, a relay.
 *
 * <p>Threading: the stream's thread.
 */
public final class RtspAccess {
    private final StreamConfig config;
    private final Interrupt interrupt;
    private boolean relays;
    private boolean getsParameter;

    public RtspAccess(StreamConfig config, Interrupt interrupt) {
        this.config = config;
        this.interrupt = interrupt;
    }

    /** How to open the target; the caller closes the relay, if there is one, with the input. */
    public InputAccess access(RedirectPolicy policy, StreamAddress target) {
        Credentials credentials = config.credentials();
        boolean basicAllowed = credentials == null || credentials.allowBasic(target.isEncrypted());
        if (!policy.isSameOrigin(target) || (basicAllowed && !relays && !getsParameter)) {
            return InputAccess.direct(config, policy, target);
        }
        Authentication authentication = credentials == null
                ? null
                : new Authentication(
                        credentials.username(), credentials.password().reveal(), basicAllowed);
        interrupt.arm(config.openTimeout().toNanos());
        try {
            RtspRelay relay = RtspRelay.open(server(target), target.scheme(), authentication, getsParameter, interrupt);
            return InputAccess.through(config, policy, target, relay);
        } catch (IOException e) {
            throw ConnectFailure.of(e, config, policy.configured(), policy.displayed(target), interrupt);
        } finally {
            interrupt.disarm();
        }
    }

    /** Keeps sessions alive with {@code GET_PARAMETER} from now on; returns whether that is new. */
    public boolean keepAliveByGetParameter() {
        boolean changed = !getsParameter;
        getsParameter = true;
        return changed;
    }

    /**
     * Whether a refusal is one that a relay would not meet: FFmpeg was offered a challenge that it cannot answer. The camera is
     * asked without credentials, so that no further attempt counts against the account.
     */
    public boolean shouldRelayAfter(InputLostException failure, RedirectPolicy policy, StreamAddress target) {
        if (failure.reason() != Cause.UNAUTHORIZED
                || relays
                || config.credentials() == null
                || !policy.isSameOrigin(target)) {
            return false;
        }
        interrupt.arm(config.openTimeout().toNanos());
        try {
            List<String> challenges = RtspInquiry.challenges(server(target), target.url(), interrupt);
            relays = !challenges.isEmpty() && !Authentication.isUsual(challenges);
            return relays;
        } catch (IOException e) {
            return false;
        } finally {
            interrupt.disarm();
        }
    }

    private Server server(StreamAddress target) throws IOException {
        @Nullable TlsTrust trust = target.isEncrypted() ? TlsTrust.of(config.tlsCaFile()) : null;
        return new Server(target.host(), target.effectivePort(), trust);
    }
}
