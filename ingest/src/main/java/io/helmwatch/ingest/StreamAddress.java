package io.helmwatch.ingest;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a stream comes from, parsed and checked against the allowed schemes. Nothing is opened.
 *
 * <p>Allowed are paths and {@code file:} for files, images and folders, {@code rtsp:} and {@code rtsps:}, {@code http:} and
 * {@code https:}. Everything else that looks like a scheme ({@code concat:}, {@code subfile:}, {@code data:}, {@code pipe:} …)
 * is refused; a file whose name contains a colon is written {@code ./a:b.mp4}.
 *
 * <p>An HTTP address is finite when its path ends like a file ({@code .mp4}, {@code .jpg} …); every other one
 * ({@code .m3u8}, {@code .ts}, no ending) is live, and so is RTSP.
 *
 * <p>Threading: immutable. Secrets: neither user information nor the query is shown; the former is not even kept.
 */
public final class StreamAddress {

    /** What the address names. */
    public enum Kind {
        /** A path: a video, an image or a folder of images. */
        FILE,
        /** A camera or server that speaks RTSP, perhaps over TLS. */
        RTSP,
        /** A stream or file over HTTP, perhaps over TLS. */
        HTTP
    }

    private static final Pattern SCHEME = Pattern.compile("^([A-Za-z][A-Za-z0-9+.-]*):");
    private static final Pattern HOST = Pattern.compile("(\\[[0-9A-Fa-f:.%]+]|[^\\[\\]:@/\\s]+)(?::([0-9]{1,5}))?");
    private static final Set<String> FINITE_ENDINGS =
            Set.of("mp4", "m4v", "mov", "mkv", "webm", "avi", "3gp", "wmv", "jpg", "jpeg", "png", "bmp", "webp", "gif");

    private final Kind kind;
    private final String scheme;
    private final String host;
    private final int port;
    private final String resource;

    private StreamAddress(Kind kind, String scheme, String host, int port, String resource) {
        this.kind = kind;
        this.scheme = scheme;
        this.host = host;
        this.port = port;
        this.resource = resource;
    }

    /**
     * Parses an address.
     *
     * @throws IngestException in one sentence, without secrets, when the scheme is not allowed or the address is not one
     */
    public static StreamAddress parse(String text) {
        if (text.isBlank()) {
            throw new IngestException(
                    "The address is empty: give a path, or a URL that starts with rtsp://, rtsps://, http:// or https://.");
        }
        if (text.indexOf('\0') >= 0 || text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
            throw new IngestException("The address contains a line break or a zero character: remove it.");
        }
        Matcher matcher = SCHEME.matcher(text);
        if (!matcher.find()) {
            return file(text);
        }
        String scheme = matcher.group(1).toLowerCase(Locale.ROOT);
        String rest = text.substring(matcher.end());
        return switch (scheme) {
            case "file" -> file(filePath(rest));
            case "rtsp", "rtsps" -> network(Kind.RTSP, scheme, rest);
            case "http", "https" -> network(Kind.HTTP, scheme, rest);
            default ->
                throw new IngestException("The scheme '" + scheme
                        + ":' is not allowed: expected a path, file:, rtsp:, rtsps:, http: or https:"
                        + (rest.startsWith("//") ? "." : "; a file whose name contains a colon is written ./NAME."));
        };
    }

    private static String filePath(String rest) {
        String path = rest;
        if (path.startsWith("//")) {
            int slash = path.indexOf('/', 2);
            String host = slash < 0 ? path.substring(2) : path.substring(2, slash);
            if (slash < 0 || !(host.isEmpty() || host.equals("localhost"))) {
                throw new IngestException("A file: address names a host: expected file:///path on this machine.");
            }
            path = path.substring(slash);
        }
        return percentDecode(path);
    }

    private static StreamAddress file(String path) {
        try {
            Path ignored = Path.of(path);
            if (ignored.toString().isEmpty()) {
                throw new IngestException("The path is empty: give a file or a folder of images.");
            }
        } catch (InvalidPathException e) {
            throw new IngestException("The path is not one that this system can express: " + e.getReason() + ".");
        }
        return new StreamAddress(Kind.FILE, "file", "", -1, path);
    }

    private static StreamAddress network(Kind kind, String scheme, String rest) {
        if (!rest.startsWith("//")) {
            throw new IngestException(
                    "The address lacks its slashes: expected " + scheme + "://host/path, found " + scheme + ":….");
        }
        String body = rest.substring(2);
        int end = body.length();
        for (int i = 0; i < body.length(); i++) {
            char c = body.charAt(i);
            if (c == '/' || c == '?' || c == '#') {
                end = i;
                break;
            }
        }
        String authority = body.substring(0, end);
        int at = authority.lastIndexOf('@');
        Matcher host = HOST.matcher(authority.substring(at + 1));
        if (!host.matches()) {
            // Whatever stands here may be part of a password: it is not shown.
            throw new IngestException(
                    "The " + scheme + " address has no valid host and port: expected " + scheme
                            + "://host[:port]/path; write user and password as credentials, or percent-encode / ? # and @ in them.");
        }
        int port = host.group(2) == null ? -1 : Integer.parseInt(host.group(2));
        if (port == 0 || port > 65535) {
            throw new IngestException("The " + scheme + " address has port " + port + ": expected 1 to 65535.");
        }
        String resource = body.substring(end);
        int fragment = resource.indexOf('#');
        return new StreamAddress(
                kind, scheme, host.group(1), port, fragment < 0 ? resource : resource.substring(0, fragment));
    }

    /** What the address names. */
    public Kind kind() {
        return kind;
    }

    /** Whether the stream has an end of its own, so that reaching it is not a disconnect. */
    public boolean isFinite() {
        return switch (kind) {
            case FILE -> true;
            case RTSP -> false;
            case HTTP -> FINITE_ENDINGS.contains(ending());
        };
    }

    /** The path of a {@link Kind#FILE} address. */
    public Path file() {
        if (kind != Kind.FILE) {
            throw new IllegalStateException("not a file: " + this);
        }
        return Path.of(resource);
    }

    /** What the path ends in behind its last dot, in lower case; empty where there is no dot. */
    public String ending() {
        return ending(path());
    }

    /** The host of a network address, in brackets where it is a literal IPv6 address; empty for files. */
    public String host() {
        return host;
    }

    /** The scheme in lower case; {@code file} for files. */
    public String scheme() {
        return scheme;
    }

    /** The port of a network address, the scheme's default where none is written; -1 for files. */
    public int effectivePort() {
        return port > 0 ? port : defaultPort(scheme);
    }

    /** The default port of a scheme; -1 for one without. */
    public static int defaultPort(String scheme) {
        return switch (scheme) {
            case "rtsp" -> 554;
            case "rtsps" -> 322;
            case "http" -> 80;
            case "https" -> 443;
            default -> -1;
        };
    }

    /** Whether the connection is encrypted. */
    public boolean isEncrypted() {
        return scheme.equals("rtsps") || scheme.equals("https");
    }

    /** Path and query as they are sent, at least {@code /}; may contain secrets. */
    public String pathAndQuery() {
        return resource.isEmpty() || resource.charAt(0) != '/' ? "/" + resource : resource;
    }

    /** The whole address without user information; its query may contain secrets. */
    public String url() {
        return kind == Kind.FILE ? resource : scheme + "://" + host + (port < 0 ? "" : ":" + port) + resource;
    }

    /** The address without user information and query: fit for logs, events and errors. */
    public String displayed() {
        if (kind == Kind.FILE) {
            return resource;
        }
        return scheme + "://" + host + (port < 0 ? "" : ":" + port) + path();
    }

    /** As {@link #displayed}. */
    @Override
    public String toString() {
        return displayed();
    }

    private String path() {
        int query = resource.indexOf('?');
        return query < 0 ? resource : resource.substring(0, query);
    }

    /** Lower-case ending of a name without its dot; empty where there is none. */
    static String ending(String path) {
        int dot = path.lastIndexOf('.');
        return dot < 0 || dot < path.lastIndexOf('/')
                ? ""
                : path.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    /** Decodes {@code %XX}; a percent sign that starts no such pair stands for itself. */
    private static String percentDecode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] in = text.getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[in.length];
        int length = 0;
        for (int i = 0; i < in.length; i++) {
            if (in[i] == '%' && i + 2 < in.length && hex(in[i + 1]) >= 0 && hex(in[i + 2]) >= 0) {
                out[length++] = (byte) (hex(in[i + 1]) * 16 + hex(in[i + 2]));
                i += 2;
            } else {
                out[length++] = in[i];
            }
        }
        return new String(out, 0, length, StandardCharsets.UTF_8);
    }

    private static int hex(byte b) {
        return Character.digit(b, 16);
    }
}
