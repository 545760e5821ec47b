package io.helmwatch.pipeline.http;

import io.helmwatch.config.HttpConfig;
import io.helmwatch.config.Redaction;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Probes, metrics and stream states over HTTP: {@code /live}, {@code /ready}, {@code /startup}, {@code /metrics}, {@code /streams}, which
 * answer GET and HEAD; and {@code /reload}, which answers POST from this machine.
 *
 * <p>The probes answer 200 with {@code ok}, or 503 with one sentence that names the problem. {@code /streams} and {@code /reload} refuse
 * requests that a page of another site makes a browser send, see {@link SameSite}.
 *
 * <p>Threading: threads of its own.
 */
public final class HealthEndpoint implements AutoCloseable {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String JSON = "application/json";

    private static final HttpResponse NOT_FOUND =
            HttpResponse.text(404, "not found: expected /live, /ready, /startup, /metrics, /streams or /reload");

    private final Map<String, Function<HttpRequest, HttpResponse>> pages = new LinkedHashMap<>();
    private final HttpListener listener;

    /** What the endpoint shows; every problem is a sentence, empty when there is none. Any thread. */
    public interface Health {
        /** Why the service has not started yet. */
        String startupProblem();

        /** Why the process should be restarted. */
        String liveProblem();

        /** The streams as JSON. */
        String streamsJson();

        /** Called before the metrics are read. */
        default void beforeMetrics() {}

        /**
         * Reads the configuration again and applies the rules.
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
        this(config, registry, health, HttpListener.Limits.DEFAULT);
    }

    HealthEndpoint(HttpConfig config, PrometheusMeterRegistry registry, Health health, HttpListener.Limits limits) {
        SameSite sameSite = new SameSite(config.host());
        pages.put("/startup", reading(request -> probe(health.startupProblem())));
        pages.put("/live", reading(request -> probe(health.liveProblem())));
        pages.put("/ready", reading(request -> probe(firstOf(health::startupProblem, health::liveProblem))));
        pages.put("/metrics", reading(request -> {
            health.beforeMetrics();
            return HttpResponse.ok(PROMETHEUS, registry.scrape());
        }));
        pages.put("/streams", sameSite.guard(reading(request -> HttpResponse.ok(JSON, health.streamsJson()))));
        pages.put("/reload", sameSite.guard(request -> reload(request, health)));
        try {
            listener = new HttpListener(
                    new InetSocketAddress(InetAddress.getByName(config.host()), config.port()), limits, this::answer);
        } catch (UnknownHostException unknown) {
            throw new IllegalStateException(
                    "http.host " + config.host() + " is not an address of this machine", unknown);
        } catch (IOException refused) {
            throw new IllegalStateException(
                    "http cannot listen on " + config.host() + ":" + config.port() + ": " + refused.getMessage()
                            + "; choose another http.port (0 uses a free one)",
                    refused);
        }
    }

    private HttpResponse answer(HttpRequest request) {
        Function<HttpRequest, HttpResponse> page = pages.get(request.path());
        return page == null ? NOT_FOUND : page.apply(request);
    }

    private static Function<HttpRequest, HttpResponse> reading(Function<HttpRequest, HttpResponse> page) {
        return request -> request.method().equals("GET") || request.method().equals("HEAD")
                ? page.apply(request)
                : HttpResponse.onlyAllowed("GET, HEAD");
    }

    private static HttpResponse probe(String problem) {
        return problem.isEmpty() ? HttpResponse.text(200, "ok") : HttpResponse.text(503, problem);
    }

    private static String firstOf(Supplier<String> one, Supplier<String> other) {
        String problem = one.get();
        return problem.isEmpty() ? other.get() : problem;
    }

    /** The one request that changes something: POST, and only from this machine whatever address is bound. */
    private static HttpResponse reload(HttpRequest request, Health health) {
        if (!request.method().equals("POST")) {
            return HttpResponse.onlyAllowed("POST");
        }
        if (!request.remote().isLoopbackAddress()) {
            return HttpResponse.text(403, "/reload is answered on the loopback address only");
        }
        try {
            return HttpResponse.text(200, Redaction.redact(health.reload()));
        } catch (RuntimeException refused) {
            return HttpResponse.text(400, Redaction.redact(String.valueOf(refused.getMessage())));
        }
    }

    /** The bound address. */
    public InetSocketAddress address() {
        return listener.address();
    }

    @Override
    public void close() {
        listener.close();
    }
}
