package io.helmwatch.ingest.network;

import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP GET on a connection of its own: status, headers, and the body as a stream. Redirects are not followed, nothing is
 * cached, nothing is sent but what the caller gives.
 *
 * <p>Threading: blocks the calling thread; {@link #close} from any thread ends a blocked call. Ownership: closes its socket.
 */
public final class HttpSource implements AutoCloseable {
    private static final int MAX_HEADER_BYTES = 65_536;

    private final Socket socket;
    private final Deadline deadline;
    private final int status;
    private final String reason;
    private final Map<String, List<String>> headers;
    private final InputStream body;

    /** How long blocking calls may take. */
    public interface Deadline {
        /**
         * Milliseconds that are left, above 0.
         *
         * @throws IOException when time is up or the stream was stopped
         */
        int remainingMillis() throws IOException;

        /** The calling thread is about to block on this resource, which is closed when the stream is stopped. */
        void blockingOn(Closeable resource) throws IOException;
    }

    /**
     * A server.
     *
     * @param host name or address; IPv6 in brackets
     * @param port 1..65535
     * @param tls how to encrypt; null connects without
     */
    public record Server(String host, int port, @Nullable TlsTrust tls) {}

    private HttpSource(
            Socket socket,
            Deadline deadline,
            int status,
            String reason,
            Map<String, List<String>> headers,
            InputStream body) {
        this.socket = socket;
        this.deadline = deadline;
        this.status = status;
        this.reason = reason;
        this.headers = headers;
        this.body = body;
    }

    /**
     * Connects and sends the request.
     *
     * @param target path and query
     * @param requestHeaders sent besides {@code Host}, {@code User-Agent}, {@code Accept} and {@code Connection}
     * @throws IOException when there is no answer, or none that is HTTP
     */
    public static HttpSource get(Server server, String target, Map<String, String> requestHeaders, Deadline deadline)
            throws IOException {
        Socket socket = connect(server, deadline);
        try {
            StringBuilder request = new StringBuilder("GET ")
                    .append(target)
                    .append(" HTTP/1.1\r\nHost: ")
                    .append(server.host())
                    .append(isDefaultPort(server) ? "" : ":" + server.port())
                    .append("\r\nUser-Agent: Helmwatch\r\nAccept: */*\r\nConnection: close\r\n");
            requestHeaders.forEach((name, value) ->
                    request.append(name).append(": ").append(value).append("\r\n"));
            socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            InputStream in = new TimedInput(socket, deadline);
            String[] start = firstLine(in).split(" ", 3);
            Map<String, List<String>> headers = headers(in);
            return new HttpSource(
                    socket,
                    deadline,
                    status(start),
                    start.length > 2 ? start[2].strip() : "",
                    headers,
                    body(in, headers));
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    static Socket connect(Server server, Deadline deadline) throws IOException {
        String host = server.host().replaceAll("[\\[\\]]", "");
        Socket plain = new Socket();
        try {
            plain.setTcpNoDelay(true);
            deadline.blockingOn(plain);
            plain.connect(new InetSocketAddress(host, server.port()), deadline.remainingMillis());
            TlsTrust tls = server.tls();
            if (tls == null) {
                return plain;
            }
            SSLSocketFactory factory = tls.context().getSocketFactory();
            SSLSocket encrypted = (SSLSocket) factory.createSocket(plain, host, server.port(), true);
            if (tls.comparesName(host)) {
                SSLParameters parameters = encrypted.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                encrypted.setSSLParameters(parameters);
            }
            encrypted.setSoTimeout(deadline.remainingMillis());
            encrypted.startHandshake();
            return encrypted;
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }

    private static boolean isDefaultPort(Server server) {
        return server.port() == (server.tls() == null ? 80 : 443);
    }

    /** The status line; empty lines before it are skipped. */
    private static String firstLine(InputStream in) throws IOException {
        String line = line(in, MAX_HEADER_BYTES);
        if (line.isEmpty()) {
            line = line(in, MAX_HEADER_BYTES);
        }
        // Old cameras answer as SHOUTcast servers do.
        if (!line.startsWith("HTTP/") && !line.startsWith("ICY ")) {
            throw new NotHttpException();
        }
        return line;
    }

    private static int status(String[] start) throws IOException {
        try {
            return Integer.parseInt(start[1].strip());
        } catch (RuntimeException e) {
            throw new NotHttpException();
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

    private static String line(InputStream in, int limit) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection was closed before the answer was complete");
            }
            if (line.length() >= limit) {
                throw new NotHttpException();
            }
            line.append((char) c);
        }
        int end = line.length();
        return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
    }

    private static InputStream body(InputStream in, Map<String, List<String>> headers) {
        String coding = first(headers, "transfer-encoding").toLowerCase(Locale.ROOT);
        if (coding.contains("chunked")) {
            return new ChunkedInput(in);
        }
        String length = first(headers, "content-length");
        return length.matches("\\d{1,18}") ? new BoundedInput(in, Long.parseLong(length)) : in;
    }

    private static String first(Map<String, List<String>> headers, String name) {
        List<String> values = headers.get(name);
        return values == null ? "" : values.get(0);
    }

    /** The answer's status. */
    public int status() {
        return status;
    }

    /** The server's words for the status. */
    public String reason() {
        return reason;
    }

    /** The first value of a header, by its name in lower case; empty where there is none. */
    public String header(String name) {
        return first(headers, name);
    }

    /** All values of a header, by its name in lower case. */
    public List<String> headerValues(String name) {
        return headers.getOrDefault(name, List.of());
    }

    /** The body, decoded; reading obeys the deadline. */
    public InputStream body() {
        return body;
    }

    /** The deadline that was given. */
    public Deadline deadline() {
        return deadline;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    /** The server answers, but not with HTTP. */
    public static final class NotHttpException extends IOException {
        NotHttpException() {
            super("the answer is not HTTP");
        }
    }

    /** Buffers, and gives each read what is left of the deadline. */
    private static final class TimedInput extends InputStream {
        private static final int BUFFER_BYTES = 32_768;

        private final Socket socket;
        private final InputStream in;
        private final Deadline deadline;
        private final byte[] buffer = new byte[BUFFER_BYTES];
        private int position;
        private int end;

        TimedInput(Socket socket, Deadline deadline) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            this.deadline = deadline;
        }

        private boolean fill() throws IOException {
            if (position < end) {
                return true;
            }
            deadline.blockingOn(socket);
            socket.setSoTimeout(deadline.remainingMillis());
            position = 0;
            end = Math.max(0, in.read(buffer));
            return end > 0;
        }

        @Override
        public int read() throws IOException {
            return fill() ? buffer[position++] & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, end - position);
            System.arraycopy(buffer, position, target, offset, count);
            position += count;
            return count;
        }
    }

    /** A body of known length. */
    private static final class BoundedInput extends FilterInputStream {
        private long left;

        BoundedInput(InputStream in, long length) {
            super(in);
            left = length;
        }

        @Override
        public int read() throws IOException {
            int c = left > 0 ? in.read() : -1;
            left -= c >= 0 ? 1 : 0;
            return c;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the connection was closed before the answer was complete");
            }
            left -= count;
            return count;
        }
    }

    /** RFC 9112, section 7.1. */
    private static final class ChunkedInput extends FilterInputStream {
        private static final int MAX_SIZE_LINE = 1_024;

        private long left;
        private boolean first = true;
        private boolean ended;

        ChunkedInput(InputStream in) {
            super(in);
        }

        private boolean nextChunk() throws IOException {
            if (!first) {
                line(in, MAX_SIZE_LINE);
            }
            first = false;
            String size = line(in, MAX_SIZE_LINE);
            int semicolon = size.indexOf(';');
            try {
                left = Long.parseLong((semicolon < 0 ? size : size.substring(0, semicolon)).strip(), 16);
            } catch (NumberFormatException e) {
                throw new NotHttpException();
            }
            ended = left <= 0;
            return !ended;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (ended || (left == 0 && !nextChunk())) {
                return -1;
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            left -= Math.max(0, count);
            return count;
        }
    }
}
