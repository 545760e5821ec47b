package io.helmwatch.config.http;

/** What a user or token may do over HTTP; each role includes those before it. */
public enum Role {
    /** Reads everything but the audit log. */
    VIEWER,
    /** Acknowledges incidents, edits zones, masks and rules, restarts streams. */
    OPERATOR,
    /** Adds, changes and removes streams, reloads the configuration, reads the audit log. */
    ADMIN;

    /** Whether this role may do what the other may. */
    public boolean includes(Role other) {
        return compareTo(other) >= 0;
    }
}
