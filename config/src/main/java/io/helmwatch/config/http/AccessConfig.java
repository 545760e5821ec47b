package io.helmwatch.config.http;

import io.helmwatch.config.secret.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Who may do what over HTTP.
 *
 * @param anonymous what requests without a login may do
 * @param probes whether {@code /live}, {@code /ready}, {@code /startup} and {@code /metrics} need a login
 * @param viewerVideo which video the role viewer gets
 * @param users people who log in with a password
 * @param tokens programs that send a bearer token
 * @param sessionLifetime time from a login to the next
 * @param auditFile JSON lines file of logins and changes
 */
public record AccessConfig(
        Anonymous anonymous,
        Probes probes,
        ViewerVideo viewerVideo,
        List<User> users,
        List<Token> tokens,
        Duration sessionLifetime,
        Path auditFile) {

    /** No users: whoever reaches the loopback address may do everything. */
    public static final AccessConfig DEFAULT = new AccessConfig(
            Anonymous.NONE,
            Probes.OPEN,
            ViewerVideo.ANY,
            List.of(),
            List.of(),
            Duration.ofHours(12),
            Path.of("helmwatch-audit.jsonl"));

    /** Keeps its own copies. */
    public AccessConfig {
        users = List.copyOf(users);
        tokens = List.copyOf(tokens);
    }

    /** What requests without a login may do. */
    public enum Anonymous {
        /** Nothing; on the loopback address without users, everything. */
        NONE,
        /** What the role viewer may. */
        VIEWER
    }

    /** Who may read probes and metrics. */
    public enum Probes {
        /** Everybody who reaches the address. */
        OPEN,
        /** Whoever may read the rest: role viewer. */
        VIEWER
    }

    /** Which video the role viewer gets. */
    public enum ViewerVideo {
        /** The camera's own video; JPEG frames where the stream has masks. */
        ANY,
        /** Always JPEG frames drawn by the service. */
        JPEG
    }

    /**
     * A person.
     *
     * @param name login name
     * @param role what the person may do
     * @param password hash of the password
     */
    public record User(String name, Role role, PasswordHash password) {}

    /**
     * A program.
     *
     * @param name name in the audit log
     * @param role what the program may do
     * @param value what it sends as a bearer token
     */
    public record Token(String name, Role role, Secret value) {}

    /** Whether anybody can log in. */
    public boolean hasLogins() {
        return !users.isEmpty() || !tokens.isEmpty();
    }

    /** The same with other users. */
    public AccessConfig withUsers(List<User> others) {
        return new AccessConfig(anonymous, probes, viewerVideo, others, tokens, sessionLifetime, auditFile);
    }

    /** The same with other tokens. */
    public AccessConfig withTokens(List<Token> others) {
        return new AccessConfig(anonymous, probes, viewerVideo, users, others, sessionLifetime, auditFile);
    }

    /** The same with other rights of requests without a login. */
    public AccessConfig withAnonymous(Anonymous other) {
        return new AccessConfig(other, probes, viewerVideo, users, tokens, sessionLifetime, auditFile);
    }

    /** The same with other readers of probes and metrics. */
    public AccessConfig withProbes(Probes other) {
        return new AccessConfig(anonymous, other, viewerVideo, users, tokens, sessionLifetime, auditFile);
    }

    /** The same with another audit log. */
    public AccessConfig withAuditFile(Path other) {
        return new AccessConfig(anonymous, probes, viewerVideo, users, tokens, sessionLifetime, other);
    }
}
