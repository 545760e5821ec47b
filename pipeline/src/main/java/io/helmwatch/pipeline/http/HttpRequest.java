package io.helmwatch.pipeline.http;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request; its body is read and ignored.
 *
 * @param method upper case
 * @param path without the query
 * @param headers by lower-case name
 * @param remote the client
 */
record HttpRequest(String method, String path, Map<String, String> headers, InetAddress remote) {
    HttpRequest {
        headers = Map.copyOf(headers);
    }

    /** A header; empty when it is missing. */
    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    /** What was received so far: a request, or why it is refused, or neither while it is incomplete. */
    record Parsed(@Nullable HttpRequest request, @Nullable HttpResponse refusal) {
        private static final Parsed INCOMPLETE = new Parsed(null, null);

        private static Parsed refused(int status, String sentence) {
            return new Parsed(null, HttpResponse.text(status, sentence));
        }
    }

    /** Parses what a buffer holds up to its position. */
    static Parsed parse(ByteBuffer received, InetAddress remote) {
        String text = new String(received.array(), 0, received.position(), StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return Parsed.INCOMPLETE;
        }
        String[] lines = text.substring(0, end).split("\r\n", -1);
        String[] start = lines[0].split(" ", -1);
        if (start.length != 3 || !start[1].startsWith("/") || !start[2].startsWith("HTTP/1.")) {
            return Parsed.refused(400, "not an HTTP request: expected 'GET /path HTTP/1.1'");
        }
        Map<String, String> headers = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon <= 0) {
                return Parsed.refused(400, "header " + i + " is not 'name: value'");
            }
            String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
            String repeated = headers.put(name, lines[i].substring(colon + 1).strip());
            if (repeated != null && (name.equals("host") || name.equals("origin") || name.equals("content-length"))) {
                return Parsed.refused(400, "header " + name + " is repeated");
            }
        }
        if (headers.containsKey("transfer-encoding")) {
            return Parsed.refused(501, "transfer encodings are not supported: send a content-length");
        }
        long body = contentLength(headers.getOrDefault("content-length", "0"));
        if (body < 0) {
            return Parsed.refused(400, "content-length is not a number");
        }
        if (end + 4 + body > received.capacity()) {
            return Parsed.refused(413, "request too large: expected at most " + received.capacity() + " bytes");
        }
        if (text.length() < end + 4 + body) {
            return Parsed.INCOMPLETE;
        }
        int query = start[1].indexOf('?');
        String path = query < 0 ? start[1] : start[1].substring(0, query);
        return new Parsed(new HttpRequest(start[0], path, headers, remote), null);
    }

    private static long contentLength(String value) {
        return value.matches("\\d{1,15}") ? Long.parseLong(value) : -1;
    }
}
