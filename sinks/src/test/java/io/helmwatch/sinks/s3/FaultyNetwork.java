package io.helmwatch.sinks.s3;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What stands between a client and its S3 server, and does to the next requests what it is told to. One request for each connection. */
final class FaultyNetwork implements AutoCloseable {
    private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: *(\\d+)");

    private final ServerSocket listener;
    private final int serverPort;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger faults = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile Fault fault = Fault.answer(503, "SlowDown", "");
    private volatile String onlyKeys = "";

    /**
     * What happens to a request.
     *
     * @param status of the answer; 0 for none
     * @param code error code in the answer
     * @param headers further lines of the answer
     * @param passed bytes of the body that reach the server, of which nothing is heard again
     * @param isSilent whether the connection stays open then
     */
    record Fault(int status, String code, String headers, int passed, boolean isSilent) {
        static Fault answer(int status, String code, String headers) {
            return new Fault(status, code, headers, 0, false);
        }

        static Fault cut(int passed) {
            return new Fault(0, "", "", passed, false);
        }

        static Fault silence(int passed) {
            return new Fault(0, "", "", passed, true);
        }
    }

    FaultyNetwork(int serverPort) throws IOException {
        this.serverPort = serverPort;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Does this to the next requests. */
    void fail(Fault what, int times) {
        fault = what;
        faults.set(times);
    }

    /** Does it to requests for these keys only. */
    void failOnly(String keys) {
        onlyKeys = keys;
    }

    /** Requests so far. */
    int requests() {
        return requests.get();
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "faulty-network");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                sockets.add(client);
                start(() -> serve(client));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = client.getInputStream();
            String head = head(in);
            if (head.isEmpty()) {
                return;
            }
            requests.incrementAndGet();
            Matcher length = LENGTH.matcher(head);
            long body = length.find() ? Long.parseLong(length.group(1)) : 0;
            boolean isFault = head.lines().findFirst().orElse("").contains(onlyKeys)
                    && faults.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
            if (isFault && fault.status() > 0) {
                in.skipNBytes(body);
                client.getOutputStream().write(answer().getBytes(StandardCharsets.UTF_8));
            } else if (isFault && fault.isSilent() && fault.passed() == 0) {
                in.transferTo(OutputStream.nullOutputStream());
            } else {
                pass(client, head, body, isFault);
            }
        } catch (IOException e) {
            // The other side is gone.
        }
    }

    private String answer() {
        String body = "<?xml version=\"1.0\"?><Error><Code>" + fault.code() + "</Code><Message>" + fault.code()
                + "</Message></Error>";
        return "HTTP/1.1 " + fault.status() + " Fault\r\nContent-Type: application/xml\r\nContent-Length: "
                + body.length() + "\r\nConnection: close\r\n" + fault.headers() + "\r\n" + body;
    }

    private void pass(Socket client, String head, long body, boolean isFault) throws IOException {
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
            sockets.add(server);
            OutputStream out = server.getOutputStream();
            out.write(head.replaceFirst("(?i)\r\nconnection: [^\r]*", "")
                    .replaceFirst("\r\n", "\r\nConnection: close\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            long passed = isFault ? Math.min(body, fault.passed()) : body;
            byte[] buffer = new byte[8_192];
            while (passed > 0) {
                int read = client.getInputStream().read(buffer, 0, (int) Math.min(buffer.length, passed));
                if (read < 0) {
                    return;
                }
                out.write(buffer, 0, read);
                passed -= read;
            }
            if (!isFault) {
                server.getInputStream().transferTo(client.getOutputStream());
            } else if (fault.isSilent()) {
                client.getInputStream().transferTo(OutputStream.nullOutputStream());
            }
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (true) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.write(next);
            String text = next == '\n' ? head.toString(StandardCharsets.ISO_8859_1) : "";
            if (text.endsWith("\r\n\r\n")) {
                return text;
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
