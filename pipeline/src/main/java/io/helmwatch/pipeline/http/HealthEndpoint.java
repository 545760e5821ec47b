package io.helmwatch.pipeline.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.HttpConfig;
import io.helmwatch.config.Redaction;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Metrics and health over HTTP: {@code /live}, {@code /ready}, {@code /startup}, {@code /metrics}, {@code /streams}, which answer GET and HEAD; and
 * {@code /reload}, which answers POST from this machine.
 *
 * <p>The three probes answer 200 with {@code ok}, or 503 with one sentence that says what is wrong. Threading: two threads of its own.
 */
public final class HealthEndpoint implements AutoCloseable {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private static final String NOT_FOUND =
            "not found: there are /live, /ready, /startup, /metrics, /streams and /reload\n";

    private final HttpServer server;
    private final ExecutorService threads;

    /** What the probes ask; every answer is a sentence that names the problem, empty when there is none. */
    public interface Health {
        /** What keeps the service from having started. */
        String startupProblem();

        /** Why the process should be started anew. */
        String liveProblem();

        /** The streams as JSON. */
        String streamsJson();

        /** Called before the metrics are read, so that those can be added that came into being since. */
        default void beforeMetrics() {}

        /**
         * Reads the configuration again and takes over the rules.
         *
         * @return one sentence that says what changed
         * @throws RuntimeException what is wrong with it; nothing has changed then
         */
        default String reload() {
            throw new IllegalStateException("there is no configuration file to read again");
        }
    }

    /**
     * Binds and serves.
     *
     * @throws IllegalStateException when the address cannot be bound
     */
    public HealthEndpoint(HttpConfig config, PrometheusMeterRegistry registry, Health health) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(config.host()), config.port()), 0);
        } catch (UnknownHostException unknown) {
            throw new IllegalStateException(
                    "http.host " + config.host() + " is not an address of this machine", unknown);
        } catch (IOException refused) {
            throw new IllegalStateException(
                    "http cannot listen on " + config.host() + ":" + config.port() + ": " + refused.getMessage()
                            + "; choose another http.port (0 takes a free one)",
                    refused);
        }
        AtomicInteger number = new AtomicInteger();
        threads = Executors.newFixedThreadPool(2, work -> {
            Thread thread = new Thread(work, "http-" + number.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        probe("/startup", health::startupProblem);
        probe("/live", health::liveProblem);
        probe("/ready", () -> firstOf(health.startupProblem(), health.liveProblem()));
        page("/metrics", PROMETHEUS, () -> {
            health.beforeMetrics();
            return registry.scrape();
        });
        page("/streams", "application/json", health::streamsJson);
        server.createContext("/reload", exchange -> reload(exchange, health));
        server.start();
    }

    private static String firstOf(String one, String other) {
        return one.isEmpty() ? other : one;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void probe(String path, Supplier<String> problem) {
        server.createContext(path, exchange -> {
            String text = problem.get();
            answer(exchange, path, text.isEmpty() ? 200 : 503, TEXT, text.isEmpty() ? "ok\n" : text + "\n");
        });
    }

    private void page(String path, String type, Supplier<String> text) {
        server.createContext(path, exchange -> answer(exchange, path, 200, type, text.get()));
    }

    /** The one call that changes something: POST, and only from this machine whatever the address that is bound. */
    private static void reload(HttpExchange exchange, Health health) throws IOException {
        try (exchange) {
            if (!exchange.getRequestURI().getPath().equals("/reload")) {
                send(exchange, 404, TEXT, NOT_FOUND);
            } else if (!exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().set("Allow", "POST");
                send(exchange, 405, TEXT, "only POST is answered\n");
            } else if (!exchange.getRemoteAddress().getAddress().isLoopbackAddress()) {
                send(exchange, 403, TEXT, "only answered on the loopback address\n");
            } else {
                String text;
                int status = 200;
                try {
                    text = health.reload();
                } catch (RuntimeException refused) {
                    status = 400;
                    text = String.valueOf(refused.getMessage());
                }
                send(exchange, status, TEXT, Redaction.redact(text) + "\n");
            }
        }
    }

    private static void answer(HttpExchange exchange, String path, int status, String type, String text)
            throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!exchange.getRequestURI().getPath().equals(path)) {
                send(exchange, 404, TEXT, NOT_FOUND);
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, TEXT, "only GET and HEAD are answered\n");
            } else {
                send(exchange, status, type, text);
            }
        } catch (UncheckedIOException gone) {
            throw gone.getCause();
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
