package io.helmwatch.ingest.network;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
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
    private final Socket socket;
    private final HttpHead head;
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

    private HttpSource(Socket socket, HttpHead head, InputStream body) {
        this.socket = socket;
        this.head = head;
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
            HttpHead head = HttpHead.read(in);
            return new HttpSource(socket, head, HttpBody.of(in, head));
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

    /** The answer's status. */
    public int status() {
        return head.status();
    }

    /** The server's words for the status. */
    public String reason() {
        return head.reason();
    }

    /** The first value of a header, by its name in lower case; empty where there is none. */
    public String header(String name) {
        return head.first(name);
    }

    /** All values of a header, by its name in lower case. */
    public List<String> headerValues(String name) {
        return head.values(name);
    }

    /** The body, decoded; reading obeys the deadline. */
    public InputStream body() {
        return body;
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
}
