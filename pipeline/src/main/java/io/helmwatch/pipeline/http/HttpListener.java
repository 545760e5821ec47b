package io.helmwatch.pipeline.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves small HTTP requests, one per connection, whatever clients do: no client holds a thread while it sends or receives, a request has
 * to arrive within a time limit, and the number of connections is capped, so that the descriptors of the process remain for streams. Beyond
 * the cap the connection that has been sending its request for the longest time is closed in favour of the new one.
 *
 * <p>Threading: one thread for all connections, two for handlers. Ownership: closes its connections and threads.
 */
final class HttpListener implements AutoCloseable {
    /**
     * Limits.
     *
     * @param connections open at the same time
     * @param requestTime from the connection to the last byte of the request
     * @param responseTime from the response to its last byte
     * @param requestBytes head and body of a request
     */
    record Limits(int connections, Duration requestTime, Duration responseTime, int requestBytes) {
        static final Limits DEFAULT = new Limits(64, Duration.ofSeconds(5), Duration.ofSeconds(10), 16 * 1024);
    }

    private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);
    private static final int HANDLERS = 2;
    private static final long TICK_MILLIS = 250;
    private static final int BACKLOG = 4_096;

    private final Limits limits;
    private final Function<HttpRequest, HttpResponse> handler;
    private final ServerSocketChannel server;
    private final Selector selector;
    private final ExecutorService handlers;
    private final Thread thread;
    private final InetSocketAddress address;
    private final Set<Connection> connections = new HashSet<>();
    private final Queue<Runnable> completed = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    /**
     * Binds and serves.
     *
     * @param handler answers a request; called by two threads
     * @throws IOException when the address cannot be bound
     */
    HttpListener(InetSocketAddress bind, Limits limits, Function<HttpRequest, HttpResponse> handler)
            throws IOException {
        this.limits = limits;
        this.handler = handler;
        this.server = ServerSocketChannel.open();
        try {
            // A backlog as long as the kernel allows: the cap closes connections, not a full queue that lets clients
            // wait.
            server.bind(bind, BACKLOG);
            server.configureBlocking(false);
            address = (InetSocketAddress) server.getLocalAddress();
            selector = Selector.open();
            server.register(selector, SelectionKey.OP_ACCEPT);
        } catch (IOException | RuntimeException refused) {
            server.close();
            throw refused;
        }
        AtomicInteger number = new AtomicInteger();
        handlers = Executors.newFixedThreadPool(HANDLERS, work -> daemon(work, "http-" + number.getAndIncrement()));
        thread = daemon(this::run, "http-connections");
        thread.start();
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** The bound address. */
    InetSocketAddress address() {
        return address;
    }

    private void run() {
        while (!closed) {
            try {
                selector.select(TICK_MILLIS);
                for (Runnable response = completed.poll(); response != null; response = completed.poll()) {
                    response.run();
                }
                serveSelected();
                closeExpired(System.nanoTime());
            } catch (IOException | RuntimeException failure) {
                LOG.debug("HTTP: connections could not be served", failure);
            }
        }
        new ArrayList<>(connections).forEach(Connection::close);
    }

    private void serveSelected() {
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.attachment() instanceof Connection connection) {
                connection.serve();
            } else {
                accept();
            }
        }
        selector.selectedKeys().clear();
    }

    private void accept() {
        SocketChannel channel;
        try {
            channel = server.accept();
        } catch (IOException exhausted) {
            LOG.debug("HTTP: connection not accepted: {}", exhausted.getMessage());
            return;
        }
        if (channel == null) {
            return;
        }
        if (connections.size() >= limits.connections() && !closeSlowest()) {
            closeQuietly(channel);
            return;
        }
        try {
            channel.configureBlocking(false);
            Connection connection = new Connection(channel);
            connection.key = channel.register(selector, SelectionKey.OP_READ, connection);
            connections.add(connection);
        } catch (IOException gone) {
            closeQuietly(channel);
        }
    }

    /** Closes the connection that has been sending its request for the longest time; false when none is sending. */
    private boolean closeSlowest() {
        Connection slowest = null;
        for (Connection connection : connections) {
            if (connection.phase == Phase.REQUEST
                    && (slowest == null || connection.deadlineNanos - slowest.deadlineNanos < 0)) {
                slowest = connection;
            }
        }
        if (slowest == null) {
            return false;
        }
        slowest.close();
        return true;
    }

    private void closeExpired(long now) {
        List<Connection> expired = connections.stream()
                .filter(connection -> connection.phase != Phase.HANDLER && now - connection.deadlineNanos > 0)
                .toList();
        expired.forEach(Connection::close);
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("HTTP: connection not closed", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        handlers.shutdownNow();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(1));
            server.close();
            selector.close();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("HTTP: server not closed", e);
        }
    }

    private enum Phase {
        REQUEST,
        HANDLER,
        RESPONSE
    }

    /** One request and its response; owned by the connections' thread. */
    private final class Connection {
        private final SocketChannel channel;
        private final ByteBuffer input = ByteBuffer.allocate(limits.requestBytes());
        private @Nullable SelectionKey key;
        private @Nullable ByteBuffer output;
        private Phase phase = Phase.REQUEST;
        private long deadlineNanos = System.nanoTime() + limits.requestTime().toNanos();

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        void serve() {
            try {
                if (phase == Phase.REQUEST) {
                    read();
                } else if (phase == Phase.RESPONSE) {
                    write();
                }
            } catch (IOException gone) {
                close();
            } catch (RuntimeException failure) {
                LOG.debug("HTTP: connection closed after a failure", failure);
                close();
            }
        }

        private void read() throws IOException {
            if (channel.read(input) < 0) {
                close();
                return;
            }
            HttpRequest.Parsed parsed =
                    HttpRequest.parse(input, ((InetSocketAddress) channel.getRemoteAddress()).getAddress());
            if (parsed.refusal() != null) {
                respond(parsed.refusal(), true);
            } else if (parsed.request() != null) {
                handle(parsed.request());
            } else if (!input.hasRemaining()) {
                respond(
                        HttpResponse.text(
                                413, "request too large: expected at most " + limits.requestBytes() + " bytes"),
                        true);
            }
        }

        private void handle(HttpRequest request) {
            phase = Phase.HANDLER;
            interest(0);
            handlers.execute(() -> {
                HttpResponse response;
                try {
                    response = handler.apply(request);
                } catch (RuntimeException failure) {
                    LOG.warn("HTTP request failed: path={}", request.path(), failure);
                    response = HttpResponse.text(500, "internal error, see the log");
                }
                HttpResponse answer = response;
                completed.add(() -> respond(answer, !request.method().equals("HEAD")));
                selector.wakeup();
            });
        }

        private void respond(HttpResponse response, boolean withBody) {
            phase = Phase.RESPONSE;
            deadlineNanos = System.nanoTime() + limits.responseTime().toNanos();
            output = response.bytes(withBody);
            try {
                write();
            } catch (IOException gone) {
                close();
            }
        }

        private void write() throws IOException {
            ByteBuffer remaining = output;
            if (remaining != null) {
                channel.write(remaining);
            }
            if (remaining == null || !remaining.hasRemaining()) {
                close();
            } else {
                interest(SelectionKey.OP_WRITE);
            }
        }

        private void interest(int operations) {
            SelectionKey registered = key;
            if (registered != null && registered.isValid()) {
                registered.interestOps(operations);
            }
        }

        void close() {
            connections.remove(this);
            closeQuietly(channel);
        }
    }
}
