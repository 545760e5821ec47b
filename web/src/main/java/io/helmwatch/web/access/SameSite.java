package io.helmwatch.web.access;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests that another site makes a browser send: a {@code Host} that is neither an IP address, nor {@code localhost}, nor a
 * configured name, since a name of somebody else may be resolved to this machine (DNS rebinding); and an {@code Origin} other than the
 * requested host. Programs such as curl send no {@code Origin}.
 *
 * <p>Threading: any thread.
 */
public final class SameSite {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("\\[[0-9a-f:.]+]");

    private final List<String> names;

    /**
     * The check of a server.
     *
     * @param host its configured address
     * @param names further names of it
     */
    public SameSite(String host, List<String> names) {
        this.names = Stream.concat(Stream.of(host, "localhost"), names.stream())
                .map(name -> name.toLowerCase(Locale.ROOT))
                .toList();
    }

    /**
     * Why a request is refused, as a sentence; empty where it is not.
     *
     * @param host header {@code Host}; null where it is missing
     * @param origin header {@code Origin}; null where it is missing
     * @param fetchSite header {@code Sec-Fetch-Site}; null where it is missing
     */
    public String problem(@Nullable String host, @Nullable String origin, @Nullable String fetchSite) {
        String requested = lower(host);
        if (!isOurs(withoutPort(requested))) {
            return "Host not allowed: expected an IP address, localhost, or http.host or http.names of the configuration";
        }
        String from = lower(origin);
        boolean isOtherOrigin =
                !from.isEmpty() && !from.equals("http://" + requested) && !from.equals("https://" + requested);
        // Browsers call another port of the same host the same site.
        boolean isOtherSite = lower(fetchSite).equals("cross-site");
        return isOtherOrigin || isOtherSite ? "Origin not allowed: pages of other sites have no access" : "";
    }

    private static String lower(@Nullable String header) {
        return header == null ? "" : header.toLowerCase(Locale.ROOT);
    }

    private static String withoutPort(String host) {
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            return end < 0 ? "" : host.substring(0, end + 1);
        }
        int colon = host.indexOf(':');
        return colon < 0 ? host : host.substring(0, colon);
    }

    private boolean isOurs(String host) {
        return names.contains(host)
                || IPV4.matcher(host).matches()
                || IPV6.matcher(host).matches();
    }
}
