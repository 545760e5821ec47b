package io.helmwatch.config.stream;

import io.helmwatch.config.schema.Spelling;
import io.helmwatch.config.schema.Value;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.secret.UserInfo;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The address of a stream: a camera's URL, or the path of a file or folder. */
final class StreamUrl {
    private static final List<String> SCHEMES = List.of("rtsp", "rtsps", "http", "https");

    /** Schemes that exist: a camera's is not a misspelt one of ours. */
    private static final Set<String> OTHER_SCHEMES =
            Set.of("rtmp", "rtmps", "rtp", "srtp", "udp", "tcp", "srt", "ftp", "mms");

    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(.*)", Pattern.DOTALL);
    private static final Pattern CAMERA = Pattern.compile(
            "(?i)(?:rtsps?|https?)://(\\[[0-9A-F:.]+]|[^\\s/?#\\[\\]:]+)(?::(\\d{1,5}))?(?:[/?#]\\S*)?");

    /** An address without its scheme: an IP address, a host with its port, or a user before the host. */
    private static final Pattern WITHOUT_SCHEME =
            Pattern.compile("(?:[^\\s/@]+@(?:[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?"
                    + "|(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?"
                    + "|[A-Za-z0-9][A-Za-z0-9.-]*:\\d{1,5})(?:[/?]\\S*)?");

    private StreamUrl() {}

    /** The camera's URL, or the absolute path of a file or folder; null, with a problem, where the text is neither. */
    static @Nullable String parse(String text, Value value) {
        String url = text.strip();
        String address = url.startsWith("//") ? url.substring(2) : url;
        boolean lacksScheme = WITHOUT_SCHEME.matcher(address).matches();
        UserInfo userInfo = UserInfo.of(lacksScheme ? "rtsp://" + address : url);
        if (userInfo != null) {
            Redaction.register(userInfo.username(), Secret.of(userInfo.password()));
        }
        if (lacksScheme && !exists(url, value)) {
            value.problem("has no scheme; did you mean " + Redaction.redact("rtsp://" + address) + "?");
            return null;
        }
        Matcher matcher = SCHEME.matcher(url);
        String scheme = matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
        if (scheme.isEmpty()) {
            return existing(url, value);
        }
        if (scheme.equals("file")) {
            return existing(url.replaceFirst("(?i)^file:(?://(?:localhost)?(?=/))?", ""), value);
        }
        if (SCHEMES.contains(scheme)) {
            return camera(scheme, url, userInfo == null ? url : userInfo.urlWithout(), value);
        }
        String nearest = OTHER_SCHEMES.contains(scheme) ? null : Spelling.nearest(scheme, SCHEMES);
        value.problem("scheme '" + scheme + "' is not allowed"
                + (nearest == null
                        ? ": expected rtsp, rtsps, http, https or the path of a file or folder"
                        : "; did you mean '" + nearest + "'?"));
        return null;
    }

    private static @Nullable String camera(String scheme, String url, String withoutUser, Value value) {
        Matcher camera = CAMERA.matcher(withoutUser);
        if (!camera.matches()) {
            value.problem("must be " + scheme + "://host[:port][/path] without blanks");
            return null;
        }
        String port = camera.group(2);
        if (port != null && !HostAndPort.isPort(port)) {
            value.problem("port " + port + " must be from 1 to 65535");
            return null;
        }
        return url;
    }

    private static boolean exists(String text, Value value) {
        try {
            return Files.exists(value.file().resolve(text));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static @Nullable String existing(String text, Value value) {
        Path path = value.path(text);
        if (path == null) {
            return null;
        }
        if (!Files.exists(path)) {
            value.problem("there is no such file or folder (looked for " + path + ")");
            return null;
        }
        return path.toString();
    }

    static boolean isCamera(String url) {
        return url.contains("://");
    }

    static boolean isHttp(String url) {
        return isScheme(url, "http") || isScheme(url, "https");
    }

    static boolean isEncrypted(String url) {
        return isScheme(url, "rtsps") || isScheme(url, "https");
    }

    private static boolean isScheme(String url, String scheme) {
        return url.regionMatches(true, 0, scheme + ":", 0, scheme.length() + 1);
    }
}
