package io.helmwatch.config;

/**
 * Metrics and health.
 *
 * @param enabled whether the server runs
 * @param host address to bind, loopback by default
 * @param port port; 0 takes a free one
 */
public record HttpConfig(boolean enabled, String host, int port) {

    /** On, 127.0.0.1:9400. */
    public static final HttpConfig DEFAULT = new HttpConfig(true, "127.0.0.1", 9400);
}
