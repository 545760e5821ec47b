package io.helmwatch.pipeline.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A response, after which the connection is closed.
 *
 * @param status HTTP status
 * @param type content type
 * @param body content
 * @param allow methods for a 405; else empty
 */
record HttpResponse(int status, String type, String body, String allow) {
    static final String TEXT = "text/plain; charset=utf-8";

    private static final Map<Integer, String> REASONS = Map.of(
            200,
            "OK",
            400,
            "Bad Request",
            403,
            "Forbidden",
            404,
            "Not Found",
            405,
            "Method Not Allowed",
            413,
            "Content Too Large",
            500,
            "Internal Server Error",
            501,
            "Not Implemented",
            503,
            "Service Unavailable");

    /** One sentence. */
    static HttpResponse text(int status, String sentence) {
        return new HttpResponse(status, TEXT, sentence + "\n", "");
    }

    /** Content of another type. */
    static HttpResponse ok(String type, String body) {
        return new HttpResponse(200, type, body, "");
    }

    /** Refuses a method. */
    static HttpResponse onlyAllowed(String methods) {
        return new HttpResponse(405, TEXT, "method not allowed: expected " + methods + "\n", methods);
    }

    /** What is sent. */
    ByteBuffer bytes(boolean withBody) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + status + " " + REASONS.getOrDefault(status, "Status") + "\r\nContent-Type: " + type
                + "\r\nContent-Length: " + content.length
                + "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff"
                + (allow.isEmpty() ? "" : "\r\nAllow: " + allow) + "\r\nConnection: close\r\n\r\n";
        byte[] first = head.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer bytes = ByteBuffer.allocate(first.length + (withBody ? content.length : 0));
        bytes.put(first);
        if (withBody) {
            bytes.put(content);
        }
        return bytes.flip();
    }
}
