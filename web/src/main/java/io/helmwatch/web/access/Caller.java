package io.helmwatch.web.access;

import io.helmwatch.config.http.Role;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a request.
 *
 * @param name name of the user or token; empty for a request without a login
 * @param role what it may do; null for nothing
 * @param relayed what another node that passes the request on says; null where the caller itself sends it
 */
public record Caller(
        String name, @Nullable Role role, @Nullable Relayed relayed) {
    /** A request without a login that may do nothing. */
    public static final Caller UNKNOWN = new Caller("", null);

    /**
     * What another node says of its user.
     *
     * @param isJpegOnly whether the user gets still frames only
     */
    public record Relayed(boolean isJpegOnly) {}

    /** Who sends a request itself. */
    public Caller(String name, @Nullable Role role) {
        this(name, role, null);
    }

    /** Whether the request has a login. */
    public boolean isLoggedIn() {
        return !name.isEmpty();
    }

    /** Whether the caller may do what a role may. */
    public boolean may(Role needed) {
        return role != null && role.includes(needed);
    }

    /** The role in lower case; empty where there is none. */
    public String roleName() {
        return role == null ? "" : role.name().toLowerCase(Locale.ROOT);
    }
}
