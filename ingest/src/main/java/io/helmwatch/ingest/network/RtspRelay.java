package io.helmwatch.ingest.network;

import io.helmwatch.ingest.network.HttpSource.Deadline;
import io.helmwatch.ingest.network.HttpSource.Server;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Authenticates in place of an RTSP client that does not know the password, and keeps a session alive as the camera wants it: passes
 * one client's requests on to a camera, answers the camera's challenges, and passes everything else through. The client connects on the loopback and knows a random path.
 *
 * <p>Threading: two threads of its own; {@link #close} from any. Ownership: closes its sockets.
 */
public final class RtspRelay implements AutoCloseable {
    private static final int BUFFER_BYTES = 65_536;
    private static final int INTERLEAVED = '$';

    private final Server camera;
    private final String cameraBase;
    private final String clientBase;
    private final @Nullable Authentication authentication;
    private final boolean getsParameter;
    private final ServerSocket listener;
    private final Socket upstream;
    private final OutputStream toCamera;
    private volatile @Nullable Socket client;
    private volatile List<String> unanswerable = List.of();
    private @Nullable RtspRequest pending;
    private boolean playing;

    private RtspRelay(
            Server camera,
            String scheme,
            @Nullable Authentication authentication,
            boolean getsParameter,
            Socket upstream)
            throws IOException {
        this.camera = camera;
        this.getsParameter = getsParameter;
        this.authentication = authentication;
        this.upstream = upstream;
        toCamera = upstream.getOutputStream();
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        byte[] token = new byte[16];
        new SecureRandom().nextBytes(token);
        cameraBase = scheme + "://" + camera.host() + ":" + camera.port();
        clientBase = "rtsp://127.0.0.1:" + listener.getLocalPort() + "/"
                + HexFormat.of().formatHex(token);
    }

    /**
     * Connects to the camera and waits for a client.
     *
     * @param scheme the camera's, {@code rtsp} or {@code rtsps}
     * @param authentication answers challenges; null passes them on
     * @param getsParameter whether an {@code OPTIONS} that keeps the session alive is sent as {@code GET_PARAMETER}
     */
    public static RtspRelay open(
            Server camera,
            String scheme,
            @Nullable Authentication authentication,
            boolean getsParameter,
            Deadline deadline)
            throws IOException {
        Socket upstream = HttpSource.connect(camera, deadline);
        try {
            upstream.setSoTimeout(0);
            RtspRelay relay = new RtspRelay(camera, scheme, authentication, getsParameter, upstream);
            relay.spawn("rtsp-relay-requests", relay::passRequests);
            return relay;
        } catch (IOException | RuntimeException e) {
            upstream.close();
            throw e;
        }
    }

    /** Address for the client; path and query of the camera's address follow it. */
    public String clientBase() {
        return clientBase;
    }

    /** The challenges that could not be answered; empty when there were none. */
    public List<String> unanswerable() {
        return unanswerable;
    }

    private void spawn(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void passRequests() {
        try (Socket accepted = listener.accept()) {
            client = accepted;
            listener.close();
            accepted.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(accepted.getInputStream(), BUFFER_BYTES);
            boolean known = false;
            for (int first = in.read(); first >= 0; first = in.read()) {
                if (first == INTERLEAVED) {
                    byte[] packet = packet(in);
                    synchronized (toCamera) {
                        toCamera.write(packet);
                        toCamera.flush();
                    }
                    continue;
                }
                RtspRequest request = RtspRequest.read(first, in);
                if (!known) {
                    // Whoever else connects on this machine does not know the path.
                    if (!request.uri().startsWith(clientBase)) {
                        return;
                    }
                    known = true;
                    spawn("rtsp-relay-answers", () -> passAnswers(accepted));
                }
                send(translated(request));
            }
        } catch (IOException e) {
            // One side went away: so does the other.
        } finally {
            close();
        }
    }

    private RtspRequest translated(RtspRequest request) {
        String uri = request.uri();
        String translated = uri.startsWith(clientBase) ? cameraBase + uri.substring(clientBase.length()) : uri;
        playing |= request.method().equals("PLAY");
        boolean keepsAlive = getsParameter && playing && request.method().equals("OPTIONS");
        return new RtspRequest(
                keepsAlive ? "GET_PARAMETER" : request.method(), translated, request.headers(), request.body());
    }

    private void send(RtspRequest request) throws IOException {
        StringBuilder text = request.head();
        synchronized (toCamera) {
            String answer = authentication == null ? null : authentication.answer(request.method(), request.uri());
            if (answer != null) {
                text.append("Authorization: ").append(answer).append("\r\n");
            }
            pending = request;
            toCamera.write(text.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
            toCamera.write(request.body());
            toCamera.flush();
        }
    }

    private void passAnswers(Socket accepted) {
        try (accepted) {
            InputStream in = new BufferedInputStream(upstream.getInputStream(), BUFFER_BYTES);
            OutputStream out = new BufferedOutputStream(accepted.getOutputStream(), BUFFER_BYTES);
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int first = in.read(); first >= 0; first = in.read()) {
                if (first == INTERLEAVED) {
                    passPacket(in, out, buffer);
                } else {
                    passText(first, in, out);
                }
                if (in.available() == 0) {
                    out.flush();
                }
            }
        } catch (IOException e) {
            // One side went away: so does the other.
        } finally {
            close();
        }
    }

    private static void passPacket(InputStream in, OutputStream out, byte[] buffer) throws IOException {
        int channel = in.read();
        int high = in.read();
        int low = in.read();
        if (low < 0) {
            throw new EOFException();
        }
        int length = high << 8 | low;
        if (in.readNBytes(buffer, 0, length) < length) {
            throw new EOFException();
        }
        out.write(INTERLEAVED);
        out.write(channel);
        out.write(high);
        out.write(low);
        out.write(buffer, 0, length);
    }

    /** An answer, or bytes between packets that are nothing: these pass as they are. */
    private void passText(int first, InputStream in, OutputStream out) throws IOException {
        String start = RtspLines.line(first, in);
        if (!start.startsWith("RTSP/")) {
            out.write(start.getBytes(StandardCharsets.ISO_8859_1));
            return;
        }
        List<String> lines = RtspLines.headers(in);
        byte[] body = in.readNBytes(RtspLines.contentLength(lines));
        if (start.contains(" 401") && retried(lines)) {
            return;
        }
        StringBuilder text = new StringBuilder(start.stripTrailing()).append("\r\n");
        for (String line : lines) {
            text.append(line);
            // Packets over UDP come from the camera, while the client believes that it talks to this machine.
            if (RtspLines.isHeader(line, "transport")
                    && line.contains("server_port")
                    && !line.toLowerCase(Locale.ROOT).contains("source=")) {
                text.append(";source=").append(upstream.getInetAddress().getHostAddress());
            }
            text.append("\r\n");
        }
        out.write(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        out.write(body);
    }

    /** Sends the refused request again with an answer to its challenge, once. */
    private boolean retried(List<String> lines) throws IOException {
        List<String> challenges = lines.stream()
                .filter(line -> RtspLines.isHeader(line, "www-authenticate"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .toList();
        RtspRequest refused;
        synchronized (toCamera) {
            refused = pending;
            pending = null;
            if (refused == null || challenges.isEmpty() || authentication == null) {
                return false;
            }
            if (!authentication.choose(challenges)) {
                unanswerable = challenges;
                return false;
            }
        }
        send(refused);
        synchronized (toCamera) {
            // A second refusal of the same request is passed on.
            pending = null;
        }
        return true;
    }

    private static byte[] packet(InputStream in) throws IOException {
        byte[] head = in.readNBytes(3);
        if (head.length < 3) {
            throw new EOFException();
        }
        byte[] body = in.readNBytes((head[1] & 0xff) << 8 | (head[2] & 0xff));
        byte[] packet = new byte[4 + body.length];
        packet[0] = (byte) INTERLEAVED;
        System.arraycopy(head, 0, packet, 1, 3);
        System.arraycopy(body, 0, packet, 4, body.length);
        return packet;
    }

    @Override
    public void close() {
        closeQuietly(listener);
        closeQuietly(upstream);
        closeQuietly(client);
    }

    private static void closeQuietly(@Nullable Closeable resource) {
        try {
            if (resource != null) {
                resource.close();
            }
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    @Override
    public String toString() {
        return "RtspRelay[" + camera.host() + ":" + camera.port() + "]";
    }
}
