package io.helmwatch.web.access;

import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.AccessConfig.Anonymous;
import io.helmwatch.config.http.Role;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Users and tokens of one configuration. Immutable.
 *
 * @param config the configuration
 * @param anonymous who a request without a login is
 * @param users by name
 * @param tokens by the digest of their value
 */
record Accounts(
        AccessConfig config, Caller anonymous, Map<String, AccessConfig.User> users, Map<String, Caller> tokens) {

    /**
     * The accounts of a configuration.
     *
     * @param isLoopback whether only this machine reaches the server
     */
    static Accounts of(AccessConfig config, boolean isLoopback) {
        return new Accounts(
                config,
                anonymous(config, isLoopback),
                config.users().stream()
                        .collect(Collectors.toUnmodifiableMap(AccessConfig.User::name, Function.identity())),
                config.tokens().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                token -> Digest.of(token.value().reveal()),
                                token -> new Caller(token.name(), token.role()),
                                (first, second) -> second)));
    }

    private static Caller anonymous(AccessConfig config, boolean isLoopback) {
        if (config.anonymous() == Anonymous.VIEWER) {
            return new Caller("", Role.VIEWER);
        }
        return config.hasLogins() || !isLoopback ? Caller.UNKNOWN : new Caller("", Role.ADMIN);
    }

    /** Whether a user is there, with the same role and password. */
    boolean has(AccessConfig.User user) {
        return user.equals(users.get(user.name()));
    }
}
