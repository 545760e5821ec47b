package io.helmwatch.sinks.notify.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.notify.DeliveryLog;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real server that fails in every way, restarts, and a process that is killed: nothing is lost, and the order stays. */
class WebhookFaultsTest {
    private static final int INCIDENTS = 20;

    /** What a server does instead of taking a message, once it has read the request. */
    private enum Fault {
        ERROR,
        GATEWAY_ERROR,
        UNAUTHORIZED,
        BUSY,
        SILENCE,
        /** The message counts as received: it is repeated. */
        CONNECTION_CUT
    }

    @TempDir
    Path folder;

    private final List<String> received = new CopyOnWriteArrayList<>();
    private volatile Fault fault = Fault.ERROR;
    private volatile int failures;
    private HttpServer server;
    private int port;

    @BeforeEach
    void start() throws IOException {
        listen(0);
        port = server.getAddress().getPort();
    }

    private void listen(int at) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "receiver");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        String id = exchange.getRequestHeaders().getFirst("webhook-id");
        if (failures > 0) {
            failures--;
            switch (fault) {
                case ERROR -> exchange.sendResponseHeaders(500, -1);
                case GATEWAY_ERROR -> exchange.sendResponseHeaders(502, -1);
                case UNAUTHORIZED -> exchange.sendResponseHeaders(401, -1);
                case BUSY -> {
                    exchange.getResponseHeaders().set("retry-after", "1");
                    exchange.sendResponseHeaders(429, -1);
                }
                case SILENCE -> sleepMillis(1_500);
                case CONNECTION_CUT -> received.add(id);
            }
        } else {
            received.add(id);
            exchange.sendResponseHeaders(204, -1);
        }
        exchange.close();
    }

    private static void sleepMillis(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Notification open(Path spool) {
        NotifyConfig.Webhook target = new NotifyConfig.Webhook(
                URI.create("http://127.0.0.1:" + port + "/"), null, true, Duration.ofSeconds(1));
        return new Notification(
                NotifyConfig.of("guards", target),
                SpoolConfig.DEFAULT.withDirectory(spool),
                new WebhookNotifier(target, ZoneOffset.UTC, Clock.systemUTC()),
                incident -> false,
                Clock.systemUTC());
    }

    private static List<String> publish(Notification guards, int from, int to) {
        List<String> ids = new ArrayList<>();
        for (int number = from; number < to; number++) {
            for (Incident incident : List.of(
                    Incidents.bareHead("gate", number, 0, Incident.Phase.START),
                    Incidents.bareHead("gate", number, 1, Incident.Phase.END))) {
                guards.publish(incident);
                ids.add(incident.eventId());
            }
        }
        return ids;
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void shouldLoseNothingWhenTheServerFails(Fault what) {
        fault = what;
        failures = 1;
        try (Notification guards = open(folder)) {
            List<String> sent = publish(guards, 0, INCIDENTS);
            await().untilAsserted(
                            () -> assertThat(new LinkedHashSet<>(received)).hasSize(sent.size()));
            assertThat(new LinkedHashSet<>(received)).containsExactlyElementsOf(sent);
            if (what == Fault.CONNECTION_CUT) {
                assertThat(received).hasSizeGreaterThan(sent.size());
            }
            await().untilAsserted(
                            () -> assertThat(guards.statistics().delivered()).isEqualTo(sent.size()));
            assertThat(guards.log().newest())
                    .allSatisfy(entry -> assertThat(entry.outcome()).isEqualTo(DeliveryLog.Outcome.DELIVERED))
                    .last()
                    .satisfies(first -> assertThat(first.attempts()).isGreaterThan(1));
        }
    }

    @Test
    void shouldLoseNothingWhenTheServerIsAwayWhileTheProcessRestarts() throws IOException {
        server.stop(0);
        List<String> sent;
        try (Notification guards = open(folder)) {
            sent = publish(guards, 0, INCIDENTS);
            await().untilAsserted(
                            () -> assertThat(guards.statistics().accepted()).isEqualTo(sent.size()));
            await().untilAsserted(() -> assertThat(guards.problem()).contains("cannot be reached"));
        }
        listen(port);
        try (Notification guards = open(folder)) {
            sent.addAll(publish(guards, INCIDENTS, INCIDENTS + 1));
            await().untilAsserted(() -> assertThat(received).containsExactlyElementsOf(sent));
            assertThat(guards.statistics().refused()).isZero();
        }
    }

    @Test
    void shouldLoseNothingWhenTheProcessIsKilled() throws IOException {
        fault = Fault.ERROR;
        failures = Integer.MAX_VALUE;
        Path crashed = folder.resolve("crashed");
        List<String> sent;
        try (Notification guards = open(folder.resolve("running"))) {
            sent = publish(guards, 0, INCIDENTS);
            await().untilAsserted(
                            () -> assertThat(guards.statistics().accepted()).isEqualTo(sent.size()));
            // What a killed process leaves on disk.
            copy(folder.resolve("running"), crashed);
        }
        failures = 0;
        try (Notification guards = open(crashed)) {
            await().untilAsserted(() -> assertThat(received).containsExactlyElementsOf(sent));
            assertThat(guards.statistics().lostFiles()).isZero();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)));
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
