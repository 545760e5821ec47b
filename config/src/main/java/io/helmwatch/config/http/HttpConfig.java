package io.helmwatch.config.http;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server: page, API, metrics, probes.
 *
 * @param enabled whether the server runs
 * @param host address to listen on
 * @param port port; 0 uses a free one
 * @param site name of the site that the page shows; may be empty
 * @param names further host names under which browsers reach the server
 * @param tls certificate and key; null serves plain HTTP
 * @param access who may do what
 */
public record HttpConfig(
        boolean enabled,
        String host,
        int port,
        String site,
        List<String> names,
        @Nullable TlsFiles tls,
        AccessConfig access) {

    /** Enabled, 127.0.0.1:9400. */
    public static final HttpConfig DEFAULT = new HttpConfig(true, "127.0.0.1", 9400);

    /** Keeps its own copy of the names. */
    public HttpConfig {
        names = List.copyOf(names);
    }

    /** A server on an address with the defaults of everything else. */
    public HttpConfig(boolean enabled, String host, int port) {
        this(enabled, host, port, "", List.of(), null, AccessConfig.DEFAULT);
    }

    /**
     * PEM files.
     *
     * @param certificate the server's certificate and those between it and a root
     * @param key its private key, PKCS #8 without a passphrase
     */
    public record TlsFiles(Path certificate, Path key) {}

    /** The same with other access. */
    public HttpConfig withAccess(AccessConfig other) {
        return new HttpConfig(enabled, host, port, site, names, tls, other);
    }

    /** The same with other TLS files. */
    public HttpConfig withTls(@Nullable TlsFiles other) {
        return new HttpConfig(enabled, host, port, site, names, other, access);
    }
}
