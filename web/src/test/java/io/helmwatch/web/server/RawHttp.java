package io.helmwatch.web.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Requests as bytes, for what a client's library would not send. */
final class RawHttp {
    private static final int TIMEOUT_MILLIS = 10_000;

    private RawHttp() {}

    /** What the server sends until it closes the connection. */
    static String send(InetSocketAddress address, String request) throws IOException {
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return rest(socket.getInputStream());
        }
    }

    private static String rest(InputStream input) throws IOException {
        return new String(input.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** A request that ends the connection; headers follow the start line as {@code Name: value}. */
    static String ask(InetSocketAddress address, String start, String... headers) throws IOException {
        String head = start + " HTTP/1.1\r\nConnection: close\r\n";
        boolean hasHost = false;
        StringBuilder request = new StringBuilder(head);
        for (String header : headers) {
            hasHost |= header.startsWith("Host:");
            request.append(header).append("\r\n");
        }
        return send(address, request + (hasHost ? "" : "Host: 127.0.0.1\r\n") + "\r\n");
    }

    /** The same with a JSON body. */
    static String post(InetSocketAddress address, String start, String body, String... headers) throws IOException {
        StringBuilder request = new StringBuilder(start + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        String head = request + "Content-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n";
        return send(address, head + body);
    }

    static int status(String response) {
        return response.startsWith("HTTP/1.1 ") ? Integer.parseInt(response.substring(9, 12)) : 0;
    }

    /** The value of a header; empty where it is missing. */
    static String header(String response, String name) {
        for (String line : response.split("\r\n", -1)) {
            if (line.isEmpty()) {
                break;
            }
            if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
                return line.substring(name.length() + 1).strip();
            }
        }
        return "";
    }

    static String body(String response) {
        int end = response.indexOf("\r\n\r\n");
        return end < 0 ? "" : response.substring(end + 4);
    }
}
