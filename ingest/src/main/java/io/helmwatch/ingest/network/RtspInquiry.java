package io.helmwatch.ingest.network;

import io.helmwatch.ingest.network.HttpSource.Deadline;
import io.helmwatch.ingest.network.HttpSource.Server;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Asks a server that does not answer RTSP intelligibly what it speaks: one request without credentials, its first bytes, at most
 * two seconds.
 *
 * <p>Threading: blocks the calling thread.
 */
public final class RtspInquiry {
    private static final int TIMEOUT_MILLIS = 1_000;
    private static final int HEAD_BYTES = 5;
    private static final int MAX_LINE_BYTES = 4_096;
    private static final byte[] REQUEST = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private RtspInquiry() {}

    /** What a server speaks. */
    public enum Protocol {
        /** RTSP after all. */
        RTSP,
        /** HTTP. */
        HTTP,
        /** It waits for a TLS handshake. */
        TLS,
        /** Something else. */
        OTHER,
        /** It says nothing, or cannot be reached. */
        SILENT
    }

    /** Connects and asks. */
    public static Protocol ask(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host.replaceAll("[\\[\\]]", ""), port), TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(REQUEST);
            InputStream in = socket.getInputStream();
            return protocol(in.readNBytes(HEAD_BYTES));
        } catch (IOException e) {
            return Protocol.SILENT;
        }
    }

    /**
     * Asks for a description without credentials.
     *
     * @param url the address without user information
     * @return the values of {@code WWW-Authenticate}; empty where there are none
     */
    public static List<String> challenges(Server server, String url, Deadline deadline) {
        try (Socket socket = HttpSource.connect(server, deadline)) {
            socket.setSoTimeout(Math.min(TIMEOUT_MILLIS, deadline.remainingMillis()));
            String request = "DESCRIBE " + url + " RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            InputStream in = new BufferedInputStream(socket.getInputStream());
            List<String> challenges = new ArrayList<>();
            for (String line = line(in); !line.isBlank(); line = line(in)) {
                if (line.toLowerCase(Locale.ROOT).startsWith("www-authenticate:")) {
                    challenges.add(line.substring(line.indexOf(':') + 1).strip());
                }
            }
            return challenges;
        } catch (IOException e) {
            return List.of();
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n' && c >= 0 && line.length() < MAX_LINE_BYTES; c = in.read()) {
            line.append((char) c);
        }
        return line.toString();
    }

    static Protocol protocol(byte[] head) {
        if (head.length == 0) {
            return Protocol.SILENT;
        }
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (text.startsWith("RTSP/")) {
            return Protocol.RTSP;
        }
        if (text.startsWith("HTTP/") || text.startsWith("<")) {
            return Protocol.HTTP;
        }
        // An alert or handshake record, RFC 8446 section 5.1.
        return (head[0] == 0x15 || head[0] == 0x16) && head.length > 1 && head[1] == 3 ? Protocol.TLS : Protocol.OTHER;
    }
}
