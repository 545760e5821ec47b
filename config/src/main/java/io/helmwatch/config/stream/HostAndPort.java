package io.helmwatch.config.stream;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host that may be contacted, on one port or on any.
 *
 * @param host name or address in lower case, IPv6 without brackets
 * @param port 1..65535; 0 stands for every port
 */
public record HostAndPort(String host, int port) {
    /** What a value must be, for a sentence. */
    public static final String RULE = "must be a host or host:port such as 192.0.2.10 or nvr.example:8080";

    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([A-Za-z0-9._-]+))(?::(\\d{1,5}))?");

    /** Host in lower case, without brackets. */
    public HostAndPort {
        host = normalise(host);
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + ": expected 0 to 65535");
        }
    }

    /** Whether a connection to this host and port is meant; the host in any case, IPv6 with or without brackets. */
    public boolean matches(String otherHost, int otherPort) {
        return host.equals(normalise(otherHost)) && (port == 0 || port == otherPort);
    }

    /** Reads {@code host} or {@code host:port}; null where the text is neither. */
    public static @Nullable HostAndPort parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            return null;
        }
        if (matcher.group(3) != null && !isPort(matcher.group(3))) {
            return null;
        }
        int port = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
        return new HostAndPort(matcher.group(1) == null ? matcher.group(2) : matcher.group(1), port);
    }

    /** Whether one to five digits are a port that can be connected to. */
    public static boolean isPort(String digits) {
        int port = Integer.parseInt(digits);
        return port >= 1 && port <= 65_535;
    }

    /** As the configuration writes it. */
    @Override
    public String toString() {
        String shown = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return port == 0 ? shown : shown + ":" + port;
    }

    private static String normalise(String host) {
        boolean isBracketed = host.length() > 2 && host.startsWith("[") && host.endsWith("]");
        return (isBracketed ? host.substring(1, host.length() - 1) : host).toLowerCase(Locale.ROOT);
    }
}
