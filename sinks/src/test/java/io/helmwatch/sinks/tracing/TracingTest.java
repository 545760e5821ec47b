package io.helmwatch.sinks.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.sink.TracingConfig;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Traces against a server that takes OTLP over HTTP. */
@Timeout(60)
class TracingTest {
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final List<String> types = new CopyOnWriteArrayList<>();
    private HttpServer collector;

    @BeforeEach
    void startCollector() throws IOException {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            types.add(exchange.getRequestHeaders().getFirst("Content-Type"));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
    }

    @AfterEach
    void stopCollector() {
        collector.stop(0);
    }

    private String endpoint() {
        return "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces";
    }

    @Test
    void shouldSendASpanForEachIncidentThatEndedAndForOneFrameInTen() {
        try (Tracing tracing = new Tracing(endpoint(), new TracingConfig(endpoint(), 10))) {
            tracing.incidents().publish(Incidents.bareHead("gate-3", 7, 0, Incident.Phase.START));
            tracing.incidents().publish(Incidents.bareHead("gate-3", 7, 1, Incident.Phase.END));
            DetectionSink frames = tracing.frames().orElseThrow();
            for (int i = 0; i < 25; i++) {
                frames.publish(SampleMessages.frame("yard-1", i));
            }
        }
        String all = String.join("", received);
        assertThat(types).isNotEmpty().containsOnly("application/x-protobuf");
        assertThat(all)
                .contains("helmwatch", "incident no-helmet", "gate-3/1795176000/no-helmet-in-pit/7", "compliance")
                .contains("yard-1/1795176000/0", "yard-1/1795176000/10", "yard-1/1795176000/20")
                .doesNotContain("yard-1/1795176000/5", "yard-1/1795176000/11");
        assertThat(all.split("incident no-helmet", -1))
                .as("one span for the incident")
                .hasSize(2);
    }

    @Test
    void shouldTraceNoFrameUnlessToldToAndNotBeHeldUpByACollectorThatIsAway() {
        String away = endpoint();
        collector.stop(0);
        long start = System.nanoTime();
        try (Tracing tracing = new Tracing(away, new TracingConfig(away, 0))) {
            assertThat(tracing.frames()).isEmpty();
            for (int i = 0; i < 5_000; i++) {
                tracing.incidents().publish(Incidents.bareHead("gate-3", i, 1, Incident.Phase.END));
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }
}
