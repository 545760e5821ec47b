package io.helmwatch.config;

/**
 * The HTTP server: metrics, health, stream states.
 *
 * @param enabled whether the server runs
 * @param host address to listen on
 * @param port port; 0 uses a free one
 */
public record HttpConfig(boolean enabled, String host, int port) {

    /** Enabled, 127.0.0.1:9400. */
    public static final HttpConfig DEFAULT = new HttpConfig(true, "127.0.0.1", 9400);
}
