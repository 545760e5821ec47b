package io.helmwatch.config.yaml;

import io.helmwatch.config.Redaction;
import io.helmwatch.config.Secret;
import io.helmwatch.config.UserInfo;
import io.helmwatch.config.schema.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The address of a stream: a camera's URL, or the path of a file or folder. */
final class StreamUrl {
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):.*", Pattern.DOTALL);
    private static final Pattern CAMERA = Pattern.compile(
            "(?i)(?:rtsps?|https?)://(\\[[0-9A-F:.]+]|[^\\s/?#\\[\\]:]+)(?::(\\d{1,5}))?(?:[/?#]\\S*)?");

    private StreamUrl() {}

    /** The camera's URL, or the absolute path of a file or folder; null, with a problem, where the text is neither. */
    static @Nullable String parse(String text, Value value) {
        String url = text.strip();
        UserInfo userInfo = UserInfo.of(url);
        if (userInfo != null) {
            Redaction.register(userInfo.username(), Secret.of(userInfo.password()));
        }
        Matcher matcher = SCHEME.matcher(url);
        String scheme = matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
        return switch (scheme) {
            case "" -> existing(url, value);
            case "file" -> existing(url.replaceFirst("(?i)^file:(?://(?:localhost)?(?=/))?", ""), value);
            case "rtsp", "rtsps", "http", "https" ->
                camera(scheme, url, userInfo == null ? url : userInfo.urlWithout(), value);
            default -> {
                value.problem("scheme '" + scheme
                        + "' is not allowed: expected rtsp, rtsps, http, https or the path of a file or folder");
                yield null;
            }
        };
    }

    private static @Nullable String camera(String scheme, String url, String withoutUser, Value value) {
        Matcher camera = CAMERA.matcher(withoutUser);
        if (!camera.matches()) {
            value.problem("must be " + scheme + "://host[:port][/path] without blanks");
            return null;
        }
        String port = camera.group(2);
        if (port != null && !isPort(port)) {
            value.problem("port " + port + " must be from 1 to 65535");
            return null;
        }
        return url;
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

    /** Whether up to five digits are a port that can be connected to. */
    static boolean isPort(String digits) {
        int port = Integer.parseInt(digits);
        return port >= 1 && port <= 65_535;
    }

    private static boolean isScheme(String url, String scheme) {
        return url.regionMatches(true, 0, scheme + ":", 0, scheme.length() + 1);
    }
}
