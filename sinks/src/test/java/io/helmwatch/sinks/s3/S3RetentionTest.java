package io.helmwatch.sinks.s3;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.incident.S3Config;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A storage whose pages may be empty although others follow, as those of a bucket with many deleted versions are. */
class S3RetentionTest {
    private static final String OLD = "clips/gate/2026-11-20/105959.000-no-helmet-1.mp4";

    private final List<String> requests = new CopyOnWriteArrayList<>();

    @Test
    @Timeout(60)
    void shouldReadOnBehindAPageWithoutObjects() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        try {
            S3Config config = Evidence.config(
                    server.getAddress().getPort(), "", S3Server.BUCKET, S3Server.KEY, Duration.ofHours(1));
            try (S3Storage storage = new S3Storage(config, S3Storage.Limits.INTERACTIVE)) {
                int deleted =
                        new S3Retention(storage, "", Duration.ofHours(1)).sweep(Instant.parse("2026-11-20T12:00:00Z"));
                assertThat(deleted).isEqualTo(1);
            }
        } finally {
            server.stop(0);
        }
        assertThat(requests)
                .hasSizeLessThan(10)
                .filteredOn(request -> request.startsWith("DELETE"))
                .hasSize(1);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String query = String.valueOf(exchange.getRequestURI().getRawQuery());
        requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
        if (exchange.getRequestMethod().equals("DELETE")) {
            exchange.sendResponseHeaders(204, -1);
        } else {
            boolean isOfClips = query.contains("clips");
            boolean isSecond = query.contains("continuation-token=second");
            byte[] page = ("<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>" + (isOfClips && !isSecond)
                            + "</IsTruncated>"
                            + (isOfClips && !isSecond ? "<NextContinuationToken>second</NextContinuationToken>" : "")
                            + (isSecond ? "<Contents><Key>" + OLD + "</Key></Contents>" : "")
                            + "</ListBucketResult>")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/xml");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
        }
        exchange.close();
    }
}
