package io.helmwatch.config.stream;

import io.helmwatch.config.secret.Secret;

/**
 * User and password of a stream, the password from the environment or a file.
 *
 * @param username user
 * @param password already read
 * @param basic whether the password may be sent with Basic authentication
 */
public record Credentials(String username, Secret password, BasicAuthentication basic) {

    /** When a camera that asks for HTTP Basic authentication, which shows the password to whoever can read the connection, gets it. */
    public enum BasicAuthentication {
        /** Always. */
        ALLOW,
        /** Only on an encrypted connection: {@code rtsps:} or {@code https:}. */
        TLS_ONLY,
        /** Never; Digest is still answered. */
        NEVER
    }

    /** Credentials for any kind of authentication. */
    public Credentials(String username, Secret password) {
        this(username, password, BasicAuthentication.ALLOW);
    }

    /** Whether the password may be sent with Basic authentication over a connection. */
    public boolean allowBasic(boolean isEncrypted) {
        return switch (basic) {
            case ALLOW -> true;
            case TLS_ONLY -> isEncrypted;
            case NEVER -> false;
        };
    }

    /** Neither user nor password. */
    @Override
    public String toString() {
        return "Credentials[***]";
    }
}
