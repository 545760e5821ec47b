package io.helmwatch.pipeline.http;

import java.util.Locale;
import java.util.function.Function;

/**
 * Refuses requests that another site makes a browser send: a {@code Host} that is neither an IP address, nor {@code localhost}, nor the
 * configured host, since a name of somebody else may be resolved to this machine (DNS rebinding); and an {@code Origin} other than the
 * requested host. Programs such as curl send no {@code Origin}.
 *
 * <p>Threading: any thread.
 */
final class SameSite {
    private final String configuredHost;

    SameSite(String configuredHost) {
        this.configuredHost = configuredHost.toLowerCase(Locale.ROOT);
    }

    /** The page behind the check. */
    Function<HttpRequest, HttpResponse> guard(Function<HttpRequest, HttpResponse> page) {
        return request -> {
            String host = request.header("host").toLowerCase(Locale.ROOT);
            if (!isOurs(hostOnly(host))) {
                return HttpResponse.text(
                        403, "Host not allowed: expected an IP address, localhost or http.host of the configuration");
            }
            String origin = request.header("origin").toLowerCase(Locale.ROOT);
            boolean crossSite = request.header("sec-fetch-site").equals("cross-site");
            boolean otherOrigin =
                    !origin.isEmpty() && !origin.equals("http://" + host) && !origin.equals("https://" + host);
            if (crossSite || otherOrigin) {
                return HttpResponse.text(403, "Origin not allowed: pages of other sites have no access");
            }
            return page.apply(request);
        };
    }

    private static String hostOnly(String host) {
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            return end < 0 ? "" : host.substring(0, end + 1);
        }
        int colon = host.indexOf(':');
        return colon < 0 ? host : host.substring(0, colon);
    }

    private boolean isOurs(String host) {
        return host.equals("localhost")
                || host.equals(configuredHost)
                || host.matches("\\d{1,3}(\\.\\d{1,3}){3}")
                || host.matches("\\[[0-9a-f:.]+]");
    }
}
