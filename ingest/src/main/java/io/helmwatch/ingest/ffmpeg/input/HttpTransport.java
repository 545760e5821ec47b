package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.network.Authentication;
import io.helmwatch.ingest.network.HttpSource;
import io.helmwatch.ingest.network.HttpSource.Server;
import io.helmwatch.ingest.network.PartLengthFilter;
import io.helmwatch.ingest.network.TlsTrust;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fetches what an HTTP stream consists of: the configured address, where it redirects to, and what its playlists name, each only
 * as {@link RedirectPolicy} allows. FFmpeg's own HTTP client follows redirects and playlists to any address, and knows neither
 * Digest with SHA-256 nor how to refuse Basic.
 *
 * <p>Threading: the stream's thread. Ownership: the caller closes what is returned.
 */
public final class HttpTransport {
    private static final int MAX_REDIRECTS = 5;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final StreamConfig config;
    private final RedirectPolicy policy;
    private final Interrupt interrupt;
    private final HostLookup lookup;
    private final @Nullable Authentication authentication;
    private final boolean ignoresPartLengths;
    private @Nullable TlsTrust trust;

    /**
     * An open answer.
     *
     * @param source the answer
     * @param address where it came from, after redirects
     */
    public record Answer(HttpSource source, StreamAddress address) {}

    public HttpTransport(
            StreamConfig config,
            RedirectPolicy policy,
            Interrupt interrupt,
            HostLookup lookup,
            boolean ignoresPartLengths) {
        this.ignoresPartLengths = ignoresPartLengths;
        this.config = config;
        this.policy = policy;
        this.interrupt = interrupt;
        this.lookup = lookup;
        Credentials credentials = config.credentials();
        authentication = credentials == null
                ? null
                : new Authentication(
                        credentials.username(),
                        credentials.password().reveal(),
                        credentials.allowBasic(policy.configured().isEncrypted()));
    }

    /** The body of an answer as FFmpeg should read it. */
    public InputStream body(Answer answer) {
        InputStream body = answer.source().body();
        return ignoresPartLengths ? new PartLengthFilter(body) : body;
    }

    /** Fetches the configured address. */
    public Answer open(String range) {
        return fetch(policy.configured(), range);
    }

    /**
     * Fetches an address that a playlist names.
     *
     * @param range value of the header {@code Range}; empty for all
     * @throws InputLostException when it must not or cannot be fetched; the sentence says why
     */
    public Answer open(String url, String range) {
        return fetch(policy.follow(url), range);
    }

    private Answer fetch(StreamAddress first, String range) {
        StreamAddress target = first;
        boolean answered = false;
        for (int redirects = 0; redirects <= MAX_REDIRECTS; ) {
            lookup.await(target, config.openTimeout(), interrupt);
            HttpSource source = request(target, range);
            int status = source.status();
            if (status == 200 || status == 206) {
                return new Answer(source, target);
            }
            source.close();
            if (REDIRECTS.contains(status) && !source.header("location").isEmpty()) {
                target = policy.follow(resolve(target, source.header("location")));
                redirects++;
            } else if (status == UNAUTHORIZED && !answered && canAnswer(target, source)) {
                answered = true;
            } else {
                throw refused(target, source);
            }
        }
        throw new InputLostException(
                Cause.NOT_FOUND,
                policy.configured() + " redirects more than " + MAX_REDIRECTS + " times: correct the path.");
    }

    private HttpSource request(StreamAddress target, String range) {
        Map<String, String> headers = new HashMap<>();
        if (!range.isEmpty()) {
            headers.put("Range", range);
        }
        if (authentication != null && policy.isSameOrigin(target)) {
            String answer = authentication.answer("GET", target.pathAndQuery());
            if (answer != null) {
                headers.put("Authorization", answer);
            }
        }
        try {
            Server server = new Server(target.host(), target.effectivePort(), target.isEncrypted() ? trust() : null);
            return HttpSource.get(server, target.pathAndQuery(), headers, interrupt);
        } catch (IOException e) {
            throw ConnectFailure.of(e, config, policy.configured(), policy.displayed(target), interrupt);
        }
    }

    private TlsTrust trust() throws IOException {
        TlsTrust known = trust;
        if (known == null) {
            known = TlsTrust.of(config.tlsCaFile());
            trust = known;
        }
        return known;
    }

    private boolean canAnswer(StreamAddress target, HttpSource source) {
        return authentication != null
                && policy.isSameOrigin(target)
                && authentication.choose(source.headerValues("www-authenticate"));
    }

    private static String resolve(StreamAddress base, String location) {
        try {
            return URI.create(base.url()).resolve(location.replace(" ", "%20")).toString();
        } catch (IllegalArgumentException e) {
            return location;
        }
    }

    private InputLostException refused(StreamAddress target, HttpSource source) {
        String shown = policy.displayed(target);
        int status = source.status();
        if (status == UNAUTHORIZED && authentication == null) {
            return new InputLostException(
                    Cause.UNAUTHORIZED,
                    shown + " asks for a user and password (401), and none are configured: set credentials.");
        }
        if (status == UNAUTHORIZED && !policy.isSameOrigin(target)) {
            return new InputLostException(Cause.UNAUTHORIZED, shown + AuthenticationAdvice.WITHHELD);
        }
        if (status == UNAUTHORIZED
                && authentication != null
                && !authentication.choose(source.headerValues("www-authenticate"))) {
            return new InputLostException(
                    Cause.UNAUTHORIZED, shown + AuthenticationAdvice.unusable(source.headerValues("www-authenticate")));
        }
        if (status == UNAUTHORIZED || status == FORBIDDEN) {
            return new InputLostException(
                    Cause.UNAUTHORIZED,
                    shown + " refuses the user or password (" + status + "): correct the credentials.");
        }
        if (status == NOT_FOUND) {
            return new InputLostException(
                    Cause.NOT_FOUND, shown + " does not exist on the server (404): correct the path.");
        }
        return new InputLostException(
                Cause.LOST,
                shown + " answers with " + status + (source.reason().isEmpty() ? "" : " " + source.reason())
                        + ": check its path and settings, or restart the camera.");
    }
}
