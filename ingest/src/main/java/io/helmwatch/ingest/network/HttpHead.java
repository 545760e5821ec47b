package io.helmwatch.ingest.network;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What precedes the body of an HTTP answer.
 *
 * @param status the status
 * @param reason the server's words for it; may be empty
 * @param headers values by the name in lower case
 */
record HttpHead(int status, String reason, Map<String, List<String>> headers) {
    private static final int MAX_HEADER_BYTES = 65_536;

    /**
     * Reads up to the first byte of the body.
     *
     * @throws IOException when the connection is closed before, or the answer is not HTTP
     */
    static HttpHead read(InputStream in) throws IOException {
        String[] start = firstLine(in).split(" ", 3);
        Map<String, List<String>> headers = headers(in);
        return new HttpHead(status(start), start.length > 2 ? start[2].strip() : "", headers);
    }

    /** The first value of a header, by its name in lower case; empty where there is none. */
    String first(String name) {
        List<String> values = headers.get(name);
        return values == null ? "" : values.get(0);
    }

    /** All values of a header, by its name in lower case. */
    List<String> values(String name) {
        return headers.getOrDefault(name, List.of());
    }

    /** The status line; empty lines before it are skipped. */
    private static String firstLine(InputStream in) throws IOException {
        String line = line(in, MAX_HEADER_BYTES);
        if (line.isEmpty()) {
            line = line(in, MAX_HEADER_BYTES);
        }
        // Old cameras answer as SHOUTcast servers do.
        if (!line.startsWith("HTTP/") && !line.startsWith("ICY ")) {
            throw new HttpSource.NotHttpException();
        }
        return line;
    }

    private static int status(String[] start) throws IOException {
        try {
            return Integer.parseInt(start[1].strip());
        } catch (RuntimeException e) {
            throw new HttpSource.NotHttpException();
        }
    }

    private static Map<String, List<String>> headers(InputStream in) throws IOException {
        Map<String, List<String>> headers = new TreeMap<>();
        int left = MAX_HEADER_BYTES;
        for (String line = line(in, left); !line.isEmpty(); line = line(in, left)) {
            left -= line.length();
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.computeIfAbsent(
                                line.substring(0, colon).strip().toLowerCase(Locale.ROOT), n -> new ArrayList<>())
                        .add(line.substring(colon + 1).strip());
            }
        }
        return headers;
    }

    /** A line without its end. */
    static String line(InputStream in, int limit) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection was closed before the answer was complete");
            }
            if (line.length() >= limit) {
                throw new HttpSource.NotHttpException();
            }
            line.append((char) c);
        }
        int end = line.length();
        return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
    }
}
