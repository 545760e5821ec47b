package io.helmwatch.pipeline.service;

import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.web.Desk;
import io.helmwatch.web.server.DeskServer;
import io.helmwatch.web.server.HttpListener;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the HTTP server on a thread of its own, since its classes take as long to load as a backend to open, and owns it.
 *
 * <p>Threading: one thread.
 */
final class ServerStart implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerStart.class);

    private final CompletableFuture<DeskServer> starting = new CompletableFuture<>();

    private ServerStart() {}

    /** Starts to start a server on a bound address. */
    static ServerStart begin(HttpConfig config, Desk desk, HttpListener listener) {
        ServerStart start = new ServerStart();
        Thread thread = new Thread(() -> start.run(config, desk, listener), "http-start");
        thread.setDaemon(true);
        thread.start();
        return start;
    }

    private void run(HttpConfig config, Desk desk, HttpListener listener) {
        try {
            DeskServer server = DeskServer.start(config, desk, listener);
            LOG.info(
                    "HTTP server on {}://{}:{}: page, /api/v1, /live /ready /startup /metrics /streams",
                    config.tls() == null ? "http" : "https",
                    server.address().getHostString(),
                    server.address().getPort());
            starting.complete(server);
        } catch (Throwable refused) {
            starting.completeExceptionally(refused);
        }
    }

    /**
     * Waits for the server.
     *
     * @throws RuntimeException why it did not start, as a sentence
     */
    DeskServer await() {
        try {
            return starting.join();
        } catch (CompletionException refused) {
            if (refused.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (refused.getCause() instanceof Error cause) {
                throw cause;
            }
            throw refused;
        }
    }

    /** Closes the server, once it has started. */
    @Override
    public void close() {
        try {
            starting.join().close();
        } catch (CompletionException refused) {
            LOG.debug("HTTP server was not started", refused.getCause());
        }
    }
}
