package io.helmwatch.web.server;

import io.helmwatch.web.api.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The page and its libraries from the class path. The libraries' modules import each other by package name, which a browser only resolves with an
 * import map in the page; the names are replaced by paths, so that the page needs no inline script.
 *
 * <p>Threading: any thread. Files from JAR files are kept in memory, others are read each time.
 */
final class PageFiles {
    private static final String PAGE = "/io/helmwatch/web/page";
    private static final String LIBRARIES = "/lib/";
    private static final String WEBJARS = "/META-INF/resources/webjars/";
    private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+");
    private static final int SMALLEST_COMPRESSED = 512;
    private static final int NOT_MODIFIED = 304;
    private static final int OK = 200;

    /** Name of a module in an import, with what follows it. */
    private static final Pattern IMPORT = Pattern.compile(
            "(from\\s*|import\\s*)([\"'])(@lit/reactive-element|lit-html|lit-element|lit)(/[^\"']*)?\\2");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml",
            "json", "application/json",
            "webmanifest", "application/manifest+json",
            "png", "image/png",
            "woff2", "font/woff2",
            "txt", "text/plain; charset=utf-8");

    /** Folder of each library below the WebJars, with its version, by its name below {@code /lib/}. */
    private final Map<String, String> libraries;

    private final Map<String, PageFile> kept = new ConcurrentHashMap<>();

    /** A file as it is sent; {@code compressed} is null where that saves nothing. */
    private record PageFile(String type, byte[] content, byte @Nullable [] compressed, String tag) {}

    PageFiles() {
        libraries = Map.of(
                "lit", library("lit"),
                "lit-element", library("lit-element"),
                "lit-html", library("lit-html"),
                "reactive-element", library("lit__reactive-element"),
                "uplot", library("uplot") + "dist/");
    }

    /** The folder of a WebJar, whose version is in its Maven properties. */
    private static String library(String artifact) {
        String properties = "/META-INF/maven/org.webjars.npm/" + artifact + "/pom.properties";
        try (InputStream stream = PageFiles.class.getResourceAsStream(properties)) {
            if (stream == null) {
                throw new IllegalStateException("library " + artifact + " is missing on the class path");
            }
            Properties values = new Properties();
            values.load(stream);
            return WEBJARS + artifact + "/" + values.getProperty("version") + "/";
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /**
     * A file of the page.
     *
     * @param path path of the request
     * @param ifNoneMatch header {@code If-None-Match}; null where it is missing
     * @param acceptEncoding header {@code Accept-Encoding}; null where it is missing
     * @return empty where there is no such file
     */
    Optional<Reply> find(String path, @Nullable String ifNoneMatch, @Nullable String acceptEncoding) {
        String wanted = path.equals("/") ? "/index.html" : path;
        PageFile file = kept.get(wanted);
        if (file == null && PATH.matcher(wanted).matches() && !wanted.contains("..")) {
            file = load(wanted);
        }
        return Optional.ofNullable(file).map(found -> reply(found, ifNoneMatch, acceptEncoding));
    }

    private static Reply reply(PageFile file, @Nullable String ifNoneMatch, @Nullable String acceptEncoding) {
        Map<String, String> headers = Map.of("ETag", file.tag, "Cache-Control", "no-cache", "Vary", "Accept-Encoding");
        if (ifNoneMatch != null && ifNoneMatch.contains(file.tag)) {
            return new Reply(NOT_MODIFIED, "", new byte[0], headers);
        }
        byte[] compressed = file.compressed;
        return compressed == null || acceptEncoding == null || !acceptEncoding.contains("gzip")
                ? new Reply(OK, file.type, file.content, headers)
                : new Reply(OK, file.type, compressed, headers).with("Content-Encoding", "gzip");
    }

    private @Nullable PageFile load(String path) {
        String type = TYPES.get(path.substring(path.lastIndexOf('.') + 1));
        String resource = resource(path);
        URL url = type == null || resource == null ? null : PageFiles.class.getResource(resource);
        if (type == null || url == null) {
            return null;
        }
        try {
            URLConnection connection = url.openConnection();
            connection.setUseCaches(false);
            byte[] content;
            try (InputStream stream = connection.getInputStream()) {
                content = stream.readAllBytes();
            }
            if (path.startsWith(LIBRARIES) && path.endsWith(".js")) {
                content = withPaths(new String(content, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
            }
            PageFile file = new PageFile(type, content, compressed(type, content), tag(content));
            if (url.getProtocol().equals("jar")) {
                kept.put(path, file);
            }
            return file;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private @Nullable String resource(String path) {
        if (!path.startsWith(LIBRARIES)) {
            return PAGE + path;
        }
        int end = path.indexOf('/', LIBRARIES.length());
        String folder = end < 0 ? null : libraries.get(path.substring(LIBRARIES.length(), end));
        return folder == null ? null : folder + path.substring(end + 1);
    }

    /** The module with paths instead of package names. */
    private static String withPaths(String module) {
        return IMPORT.matcher(module).replaceAll(match -> {
            String name = match.group(3).replace("@lit/", "");
            String file = match.group(4);
            String entry = name.equals("lit") ? "/index.js" : "/" + name + ".js";
            String quote = match.group(2);
            String path = LIBRARIES + name + (file == null ? entry : file);
            return Matcher.quoteReplacement(match.group(1) + quote + path + quote);
        });
    }

    private static byte @Nullable [] compressed(String type, byte[] content) throws IOException {
        if (content.length < SMALLEST_COMPRESSED || type.startsWith("image/png") || type.startsWith("font/")) {
            return null;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        }
        return bytes.size() < content.length ? bytes.toByteArray() : null;
    }

    private static String tag(byte[] content) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
            return "\"" + HexFormat.of().formatHex(hash, 0, 12) + "\"";
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("this Java has no SHA-256", missing);
        }
    }
}
