package io.helmwatch.web;

import java.time.Instant;

/**
 * A login or a change.
 *
 * @param at when
 * @param user name of the user or token; empty where there is none
 * @param role role of the user or token; empty where there is none
 * @param action what was done, such as {@code addStream}
 * @param target what it was done to; may be empty
 * @param outcome {@code ok}, or why not
 * @param remote address of the client
 */
public record AuditEntry(
        Instant at, String user, String role, String action, String target, String outcome, String remote) {}
