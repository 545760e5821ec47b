package io.helmwatch.sinks.notify;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A relay in front of a TCP server, which fails as networks and servers do.
 *
 * <p>Threading: faults by one thread; two threads for each connection.
 */
public final class FaultyRelay implements AutoCloseable {
    private static final int BLOCK_BYTES = 1 << 16;

    /** How it fails. */
    public enum Fault {
        /** Not at all. */
        NONE,
        /** Nothing listens. */
        DOWN,
        /** Each connection is closed as soon as it is made. */
        CLOSED,
        /** Connections are made, and nothing is ever answered. */
        SILENT,
        /** Every block arrives 10 ms late. */
        SLOW,
        /** The server gets the message, and the connection is cut in place of its answer; once. */
        CUT
    }

    private final int serverPort;
    private final int port;
    private final BiPredicate<byte[], byte[]> isAnswerToMessage;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile @Nullable ServerSocket listener;
    private volatile Fault fault = Fault.NONE;
    private volatile boolean closed;

    /**
     * Listens on a free port.
     *
     * @param isAnswerToMessage whether what the server sent (second) after what the client sent (first) says that it took a message
     */
    public FaultyRelay(int serverPort, BiPredicate<byte[], byte[]> isAnswerToMessage) throws IOException {
        this.serverPort = serverPort;
        this.isAnswerToMessage = isAnswerToMessage;
        port = listen(0);
    }

    /** Where clients connect. */
    public int port() {
        return port;
    }

    /** Fails from now on; connections end, except where an answer is to be cut off. */
    public void fail(Fault how) throws IOException {
        Fault before = fault;
        fault = how;
        if (how == Fault.DOWN) {
            closeListener();
        } else if (before == Fault.DOWN) {
            listen(port);
        }
        if (how != Fault.CUT) {
            cut();
        }
    }

    /** Cuts all connections. */
    public void cut() {
        sockets.forEach(FaultyRelay::close);
        sockets.clear();
    }

    private int listen(int at) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), at));
        listener = socket;
        daemon(() -> {
            while (!socket.isClosed()) {
                relay(socket.accept());
            }
        });
        return socket.getLocalPort();
    }

    private void relay(Socket client) throws IOException {
        sockets.add(client);
        if (fault == Fault.CLOSED || closed) {
            client.close();
            return;
        }
        if (fault == Fault.SILENT) {
            return;
        }
        Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
        sockets.add(server);
        byte[][] sent = {new byte[0]};
        daemon(() -> pump(client, server, (block, length) -> sent[0] = tail(sent[0], block, length)));
        daemon(() -> pump(server, client, (block, length) -> {
            if (fault == Fault.CUT && isAnswerToMessage.test(sent[0], Arrays.copyOf(block, length))) {
                fault = Fault.NONE;
                throw new IOException("cut");
            }
        }));
    }

    /** The last bytes of what the client sent. */
    private static byte[] tail(byte[] before, byte[] block, int length) {
        byte[] all = Arrays.copyOf(before, before.length + length);
        System.arraycopy(block, 0, all, before.length, length);
        return Arrays.copyOfRange(all, Math.max(0, all.length - 8), all.length);
    }

    private interface Look {
        void at(byte[] block, int length) throws IOException;
    }

    private void pump(Socket from, Socket to, Look look) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(block); length >= 0; length = in.read(block)) {
                look.at(block, length);
                if (fault == Fault.SLOW) {
                    Thread.sleep(10);
                }
                out.write(block, 0, length);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException ended) {
                        // The connection, or the relay.
                    }
                },
                "faulty-relay");
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void closeListener() throws IOException {
        ServerSocket socket = listener;
        if (socket != null) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        closeListener();
        cut();
    }
}
