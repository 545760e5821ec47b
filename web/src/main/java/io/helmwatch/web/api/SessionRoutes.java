package io.helmwatch.web.api;

import io.helmwatch.config.http.Role;
import io.helmwatch.web.AuditEntry;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.Kind;
import io.helmwatch.web.access.Access;
import io.helmwatch.web.access.AuditLog;
import io.helmwatch.web.access.Caller;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Login, logout and who is logged in. Threading: any thread. */
final class SessionRoutes {
    private static final int UNAUTHORIZED = 401;
    private static final int TOO_MANY = 429;
    private static final int LONGEST_NAME = 64;
    private static final int LONGEST_PASSWORD = 1_024;

    private final Access access;
    private final AuditLog audit;
    private final Place place;
    private final boolean isSecure;

    /** How a request without a login is treated. */
    enum Login {
        /** It may do nothing. */
        REQUIRED,
        /** It may read. */
        OPTIONAL,
        /** There is nobody who could log in. */
        NONE
    }

    /**
     * A user or token.
     *
     * @param name its name; empty for whoever reaches a server without users
     * @param role what it may do
     */
    record User(String name, String role) {}

    /**
     * Who is logged in where.
     *
     * @param user null where a login is required and missing
     * @param login whether there is a login
     * @param site name of the site
     * @param cluster name of the cluster that the service is part of; null where it is part of none, and for who may not read
     * @param version version of Helmwatch
     */
    record Session(
            @Nullable User user,
            Login login,
            String site,
            @Nullable String cluster,
            String version) {}

    /**
     * What this is.
     *
     * @param site name of the site
     * @param cluster name of the cluster; null without one
     * @param version version of Helmwatch
     */
    record Place(String site, @Nullable String cluster, String version) {}

    /**
     * What a user knows.
     *
     * @param username the name
     * @param password the password
     */
    record Credentials(String username, String password) {
        Credentials {
            if (username == null || password == null) {
                throw new RefusedException(Kind.INVALID, "expected username and password");
            }
        }

        @Override
        public String toString() {
            return "Credentials[***]";
        }
    }

    /**
     * Routes of a server.
     *
     * @param isSecure whether the server speaks TLS
     */
    SessionRoutes(Access access, AuditLog audit, Place place, boolean isSecure) {
        this.access = access;
        this.audit = audit;
        this.place = place;
        this.isSecure = isSecure;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/session",
                                "getSession",
                                "Who is logged in",
                                Session.class,
                                call -> Reply.json(session(call.caller())))
                        .forRole(null),
                Route.change("POST", "/session", "login", "Log in with a password", null, Session.class, this::login)
                        .taking(Credentials.class)
                        .unaudited(),
                Route.change("DELETE", "/session", "logout", "Log out", null, null, this::logout)
                        .unaudited());
    }

    private Session session(Caller caller) {
        Login login = !access.hasUsers() ? Login.NONE : access.isLoginRequired() ? Login.REQUIRED : Login.OPTIONAL;
        User user = caller.role() == null ? null : new User(caller.name(), caller.roleName());
        String cluster = caller.may(Role.VIEWER) ? place.cluster() : null;
        return new Session(user, login, place.site(), cluster, place.version());
    }

    private Reply login(Call call) {
        Credentials credentials = call.body(Credentials.class);
        if (credentials.username().length() > LONGEST_NAME
                || credentials.password().length() > LONGEST_PASSWORD) {
            return wrong();
        }
        Access.Login login =
                access.login(credentials.username(), credentials.password().toCharArray(), call.remote());
        Caller caller = login.caller();
        if (caller != null) {
            record(caller, "login", "ok", call);
            return Reply.json(session(caller)).with("Set-Cookie", cookie(login.sessionId(), access.sessionLifetime()));
        }
        if (!login.retryAfter().isZero()) {
            long seconds = Math.max(1, (login.retryAfter().toMillis() + 999) / 1000);
            return Reply.problem(
                            TOO_MANY,
                            Kind.BUSY.title(),
                            "too many failed logins: try again in " + seconds + " s",
                            List.of())
                    .with("Retry-After", Long.toString(seconds));
        }
        // The name may be a password typed into the wrong field.
        record(new Caller("", null), "login", "wrong user or password", call);
        return wrong();
    }

    private static Reply wrong() {
        return Reply.problem(UNAUTHORIZED, "Not logged in", "user or password is wrong", List.of());
    }

    private Reply logout(Call call) {
        String sessionId = call.sessionId();
        if (sessionId != null) {
            access.logout(sessionId);
        }
        if (call.caller().isLoggedIn()) {
            record(call.caller(), "logout", "ok", call);
        }
        return Reply.empty().with("Set-Cookie", cookie("", Duration.ZERO));
    }

    private void record(Caller caller, String action, String outcome, Call call) {
        audit.record(new AuditEntry(
                Instant.now(),
                caller.name(),
                caller.roleName(),
                action,
                "",
                outcome,
                call.remote().getHostAddress()));
    }

    private String cookie(String sessionId, Duration lifetime) {
        return Api.SESSION_COOKIE + "=" + sessionId + "; Path=/; Max-Age=" + lifetime.toSeconds()
                + "; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "");
    }
}
