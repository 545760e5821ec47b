package io.helmwatch.web.access;

import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.AccessConfig.Anonymous;
import io.helmwatch.config.http.PasswordHash;
import io.helmwatch.config.http.Role;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Users, tokens and sessions of a server.
 *
 * <p>Threading: any thread; {@link #login} computes for some tenths of a second.
 */
public final class Access {
    private static final String BEARER = "bearer ";
    private static final int LOGINS_AT_ONCE = 2;

    private final AccessConfig config;
    private final Caller anonymous;
    private final Map<String, AccessConfig.User> users = new HashMap<>();
    private final Map<String, Caller> tokens = new HashMap<>();
    private final Sessions sessions;
    private final LoginLimiter limiter;
    private final Semaphore logins = new Semaphore(LOGINS_AT_ONCE);
    /** Compared with the password of a user that does not exist, so that it takes as long. */
    private final PasswordHash nobody = PasswordHash.unmatched();

    /**
     * Outcome of a login.
     *
     * @param caller who logged in; null where nobody did
     * @param sessionId secret of the session; empty where there is none
     * @param retryAfter how long to wait; zero where the password was wrong
     */
    public record Login(@Nullable Caller caller, String sessionId, Duration retryAfter) {}

    /**
     * Access to a server.
     *
     * @param isLoopback whether only this machine reaches it
     */
    public Access(AccessConfig config, boolean isLoopback) {
        this(config, isLoopback, System::nanoTime);
    }

    Access(AccessConfig config, boolean isLoopback, LongSupplier nanoTime) {
        this.config = config;
        this.anonymous = anonymous(config, isLoopback);
        config.users().forEach(user -> users.put(user.name(), user));
        config.tokens().forEach(token -> tokens.put(Digest.of(token.value().reveal()), caller(token)));
        sessions = new Sessions(config.sessionLifetime(), nanoTime);
        limiter = new LoginLimiter(nanoTime);
    }

    private static Caller caller(AccessConfig.Token token) {
        return new Caller(token.name(), token.role());
    }

    private static Caller anonymous(AccessConfig config, boolean isLoopback) {
        if (config.anonymous() == Anonymous.VIEWER) {
            return new Caller("", Role.VIEWER);
        }
        return config.hasLogins() || !isLoopback ? Caller.UNKNOWN : new Caller("", Role.ADMIN);
    }

    /** Whether there is anybody who can log in on the page. */
    public boolean hasUsers() {
        return !users.isEmpty();
    }

    /** Whether there are users or tokens. */
    public boolean hasLogins() {
        return config.hasLogins();
    }

    /** Whether requests without a login may do nothing. */
    public boolean isLoginRequired() {
        return anonymous.role() == null;
    }

    /** Time from a login to the next. */
    public Duration sessionLifetime() {
        return config.sessionLifetime();
    }

    /** Whether a caller gets JPEG frames only. */
    public boolean isJpegOnly(Caller caller) {
        return config.viewerVideo() == AccessConfig.ViewerVideo.JPEG && !caller.may(Role.OPERATOR);
    }

    /** Whether probes and metrics are answered to everybody. */
    public boolean areProbesOpen() {
        return config.probes() == AccessConfig.Probes.OPEN;
    }

    /**
     * Who makes a request. A token or session that is not known makes a request without rights, not an anonymous one.
     *
     * @param authorization header {@code Authorization}; null where it is missing
     * @param sessionId the session's cookie; null where it is missing
     */
    public Caller caller(@Nullable String authorization, @Nullable String sessionId) {
        if (authorization != null) {
            boolean isBearer = authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
            return isBearer
                    ? tokens.getOrDefault(
                            Digest.of(authorization.substring(BEARER.length()).strip()), Caller.UNKNOWN)
                    : Caller.UNKNOWN;
        }
        Caller user = sessionId == null ? null : sessions.find(sessionId);
        return user == null ? anonymous : user;
    }

    /** Starts a session for the user of a name and password. */
    public Login login(String name, char[] password, InetAddress remote) {
        Duration wait = limiter.waitOf(remote);
        if (!wait.isZero()) {
            return new Login(null, "", wait);
        }
        if (!logins.tryAcquire()) {
            return new Login(null, "", Duration.ofSeconds(1));
        }
        try {
            AccessConfig.User user = users.get(name);
            boolean isRight = (user == null ? nobody : user.password()).matches(password);
            if (user == null || !isRight) {
                limiter.failed(remote);
                return new Login(null, "", Duration.ZERO);
            }
            limiter.succeeded(remote);
            Caller caller = new Caller(user.name(), user.role());
            return new Login(caller, sessions.start(caller), Duration.ZERO);
        } finally {
            logins.release();
        }
    }

    /** Ends a session; one that is not known is ignored. */
    public void logout(String sessionId) {
        sessions.end(sessionId);
    }
}
