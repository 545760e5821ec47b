package io.helmwatch.web.access;

import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.PasswordHash;
import io.helmwatch.config.http.Role;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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

    private final boolean isLoopback;
    private final Sessions sessions;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final LoginLimiter limiter;
    private final Semaphore logins = new Semaphore(LOGINS_AT_ONCE);
    /** Compared with the password of a user that does not exist, so that it takes as long. */
    private final PasswordHash nobody = PasswordHash.unmatched();

    private volatile Accounts accounts;

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
        this.isLoopback = isLoopback;
        accounts = Accounts.of(config, isLoopback);
        sessions = new Sessions(config.sessionLifetime(), nanoTime);
        limiter = new LoginLimiter(nanoTime);
    }

    /** Has a listener run whenever logins ended before their time; it asks {@link #caller} what is left of those it knows. */
    public void onLogout(Runnable listener) {
        listeners.add(listener);
    }

    /**
     * Replaces users and tokens. Sessions of users that are gone, or have another role or password, end.
     *
     * @return whether anything changed
     */
    public boolean update(List<AccessConfig.User> users, List<AccessConfig.Token> tokens) {
        synchronized (this) {
            Accounts before = accounts;
            AccessConfig config = before.config().withUsers(users).withTokens(tokens);
            if (config.equals(before.config())) {
                return false;
            }
            Accounts after = Accounts.of(config, isLoopback);
            accounts = after;
            before.users().values().stream()
                    .filter(user -> !after.has(user))
                    .forEach(user -> sessions.endAllOf(user.name()));
        }
        listeners.forEach(Runnable::run);
        return true;
    }

    /** Whether there is anybody who can log in on the page. */
    public boolean hasUsers() {
        return !accounts.users().isEmpty();
    }

    /** Whether there are users or tokens. */
    public boolean hasLogins() {
        return accounts.config().hasLogins();
    }

    /** Whether requests without a login may do nothing. */
    public boolean isLoginRequired() {
        return accounts.anonymous().role() == null;
    }

    /** Time from a login to the next. */
    public Duration sessionLifetime() {
        return accounts.config().sessionLifetime();
    }

    /** Whether a caller gets JPEG frames only. */
    public boolean isJpegOnly(Caller caller) {
        Caller.Relayed relayed = caller.relayed();
        return (relayed != null && relayed.isJpegOnly())
                || (accounts.config().viewerVideo() == AccessConfig.ViewerVideo.JPEG && !caller.may(Role.OPERATOR));
    }

    /** Whether probes and metrics are answered to everybody. */
    public boolean areProbesOpen() {
        return accounts.config().probes() == AccessConfig.Probes.OPEN;
    }

    /**
     * Who makes a request. A token that is not known makes a request without rights, not an anonymous one; a session that is not known, or over, an anonymous
     * one.
     *
     * @param authorization header {@code Authorization}; null where it is missing
     * @param sessionId the session's cookie; null where it is missing
     */
    public Caller caller(@Nullable String authorization, @Nullable String sessionId) {
        Accounts current = accounts;
        if (authorization != null) {
            boolean isBearer = authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
            return isBearer
                    ? current.tokens()
                            .getOrDefault(
                                    Digest.of(authorization
                                            .substring(BEARER.length())
                                            .strip()),
                                    Caller.UNKNOWN)
                    : Caller.UNKNOWN;
        }
        Caller user = sessionId == null ? null : sessions.find(sessionId);
        return user == null ? current.anonymous() : user;
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
            AccessConfig.User user = accounts.users().get(name);
            boolean isRight = (user == null ? nobody : user.password()).matches(password);
            synchronized (this) {
                // The user may have been changed while the password was compared.
                if (user != null && isRight && accounts.has(user)) {
                    limiter.succeeded(remote);
                    Caller caller = new Caller(user.name(), user.role());
                    return new Login(caller, sessions.start(caller), Duration.ZERO);
                }
            }
            limiter.failed(remote);
            return new Login(null, "", Duration.ZERO);
        } finally {
            logins.release();
        }
    }

    /** Ends a session; one that is not known is ignored. */
    public void logout(String sessionId) {
        sessions.end(sessionId);
        listeners.forEach(Runnable::run);
    }
}
