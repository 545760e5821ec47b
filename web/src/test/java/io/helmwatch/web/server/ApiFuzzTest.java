package io.helmwatch.web.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests made from the API's own document, right and wrong ones: none fails inside, none shows what is inside. */
class ApiFuzzTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SOCKET_TIMEOUT_MILLIS = 10_000;

    private static final List<String> TEXTS = List.of(
            "",
            "gate-3",
            TestDesk.INCIDENT.replace('/', '~'),
            "yard",
            "all",
            "open",
            "true",
            "0",
            "-1",
            "99999999999999999999",
            "1e400",
            "2026-11-20T12:00:00Z",
            "-999999999-01-01T00:00:00Z",
            "+999999999-12-31T23:59:59.999999999Z",
            "null",
            "../../etc/passwd",
            "<script>alert(1)</script>",
            "' OR 1=1 --",
            "%00",
            "%zz",
            "\u0000",
            "\ud800",
            "\u202e\u05d0",
            "ä€𝄞",
            "${jndi:ldap://127.0.0.1/x}",
            "rtsp://user:" + TestDesk.CAMERA_PASSWORD + "@192.0.2.1/",
            "x".repeat(5_000));

    private static final List<String> BODIES = List.of(
            "",
            "{",
            "[]",
            "null",
            "1",
            "\"x\"",
            "{}",
            "{\"id\":null}",
            "{\"id\":1,\"id\":2}",
            "{\"username\":[],\"password\":{}}",
            "{\"note\":7}",
            "[".repeat(2_000),
            "{\"a\":".repeat(2_000),
            "{\"id\":1e999999999}",
            "\ufeff{}",
            "{\"id\":\"\\ud800\"}",
            "{\"id\":\"x\"} trailing",
            "\u0000\u0001\u0002");

    private final TestDesk desk = new TestDesk();

    @TempDir
    Path folder;

    /** What one request was and what came back. */
    private record Exchange(String request, String response) {}

    @Test
    @Timeout(60)
    void shouldNeverFailInsideNorShowASecret() throws Exception {
        fuzz(2_000, 1);
    }

    @Test
    @Tag("slow")
    @Timeout(300)
    void shouldNeverFailInsideNorShowASecretInManyRequests() throws Exception {
        for (int seed = 2; seed < 7; seed++) {
            fuzz(2_500, seed);
        }
    }

    private void fuzz(int requests, int seed) throws Exception {
        Redaction.register("user", Secret.of(TestDesk.CAMERA_PASSWORD));
        Random random = new Random(seed);
        Map<Integer, Integer> statuses = new TreeMap<>();
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            JsonNode document = JSON.readTree(RawHttp.body(RawHttp.ask(server.address(), "GET /api/v1/openapi.json")));
            List<String[]> operations = new ArrayList<>();
            document.get("paths")
                    .properties()
                    .forEach(path -> path.getValue()
                            .fieldNames()
                            .forEachRemaining(method -> operations.add(new String[] {method, path.getKey()})));
            try (KeptConnection connection = new KeptConnection(server.address())) {
                for (int i = 0; i < requests; i++) {
                    String[] chosen = operations.get(random.nextInt(operations.size()));
                    JsonNode operation = document.get("paths").get(chosen[1]).get(chosen[0]);
                    Exchange exchange = connection.exchange(request(random, chosen, operation, document));
                    int status = RawHttp.status(exchange.response);
                    statuses.merge(status, 1, Integer::sum);
                    check(exchange, status);
                }
            }
            assertThat(RawHttp.status(RawHttp.ask(server.address(), "GET /live")))
                    .isEqualTo(200);
        }
        assertThat(statuses.keySet())
                .as("the requests reach successes, refusals and roles: " + statuses)
                .contains(200, 400, 401, 403, 404);
    }

    private static void check(Exchange exchange, int status) {
        assertThat(status).as(exchange.request).isNotZero().isNotEqualTo(500);
        assertThat(exchange.response)
                .as(exchange.request)
                .doesNotContain("Exception", "\tat ", "java.lang", "com.fasterxml", "io.helmwatch.", "org.eclipse")
                .doesNotContain(TestDesk.ADMIN_TOKEN, TestDesk.PASSWORD, TestDesk.HASH.text());
        if (status >= 400) {
            assertThat(exchange.response).as(exchange.request).doesNotContain(TestDesk.CAMERA_PASSWORD);
        }
    }

    private static String request(Random random, String[] chosen, JsonNode operation, JsonNode document) {
        StringBuilder path = new StringBuilder(chosen[1]);
        int brace = path.indexOf("{");
        if (brace >= 0) {
            path.replace(brace, path.indexOf("}") + 1, encoded(random, TEXTS));
        }
        char separator = '?';
        for (JsonNode parameter : operation.get("parameters")) {
            if (parameter.get("in").asText().equals("query") && random.nextInt(3) > 0) {
                path.append(separator).append(parameter.get("name").asText()).append('=');
                path.append(encoded(random, TEXTS));
                separator = '&';
            }
        }
        String method = random.nextInt(20) == 0 ? "PATCH" : chosen[0].toUpperCase(Locale.ROOT);
        StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
        String token = List.of(
                        "",
                        "",
                        TestDesk.VIEWER_TOKEN,
                        TestDesk.OPERATOR_TOKEN,
                        TestDesk.ADMIN_TOKEN,
                        TestDesk.ADMIN_TOKEN,
                        TestDesk.ADMIN_TOKEN)
                .get(random.nextInt(7));
        if (!token.isEmpty()) {
            request.append("Authorization: Bearer ").append(token).append("\r\n");
        } else if (random.nextBoolean()) {
            request.append("Cookie: helmwatch-session=")
                    .append(encoded(random, TEXTS))
                    .append("\r\n");
        }
        byte[] body = body(random, operation, document);
        if (body.length > 0) {
            String type = random.nextInt(10) == 0 ? "text/plain" : "application/json";
            request.append("Content-Type: ").append(type).append("\r\n");
        }
        request.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        return request + new String(body, StandardCharsets.ISO_8859_1);
    }

    private static String encoded(Random random, List<String> texts) {
        String text = texts.get(random.nextInt(texts.size()));
        boolean isRaw = random.nextInt(10) == 0 && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
        return isRaw ? text : URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static byte[] body(Random random, JsonNode operation, JsonNode document) {
        if (!operation.has("requestBody") && random.nextInt(10) > 0) {
            return new byte[0];
        }
        if (!operation.has("requestBody") || random.nextInt(3) == 0) {
            return BODIES.get(random.nextInt(BODIES.size())).getBytes(StandardCharsets.UTF_8);
        }
        JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
        byte[] right = value(random, schema, document).toString().getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(4) == 0 && right.length > 2) {
            right[random.nextInt(right.length)] = (byte) random.nextInt(256);
        }
        return right;
    }

    private static JsonNode value(Random random, JsonNode schema, JsonNode document) {
        if (schema.has("$ref")) {
            return value(random, document.at(schema.get("$ref").asText().substring(1)), document);
        }
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        String type = schema.path("type").isArray()
                ? schema.get("type").get(0).asText()
                : schema.path("type").asText();
        if (random.nextInt(12) == 0) {
            return nodes.nullNode();
        }
        return switch (type) {
            case "object" -> {
                ObjectNode object = nodes.objectNode();
                schema.path("properties")
                        .properties()
                        .forEach(property ->
                                object.set(property.getKey(), value(random, property.getValue(), document)));
                if (!schema.has("properties")) {
                    object.put("id", TEXTS.get(random.nextInt(TEXTS.size())));
                    object.put("url", TEXTS.get(random.nextInt(TEXTS.size())));
                }
                yield object;
            }
            case "integer" -> nodes.numberNode(random.nextInt());
            case "boolean" -> nodes.booleanNode(random.nextBoolean());
            default -> nodes.textNode(TEXTS.get(random.nextInt(TEXTS.size())));
        };
    }

    /** A connection that is kept, and opened again after the server closed it. */
    private static final class KeptConnection implements AutoCloseable {
        private final InetSocketAddress address;
        private Socket socket;

        KeptConnection(InetSocketAddress address) throws IOException {
            this.address = address;
            this.socket = open();
        }

        private Socket open() throws IOException {
            Socket opened = new Socket(address.getAddress(), address.getPort());
            opened.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
            opened.setTcpNoDelay(true);
            return opened;
        }

        Exchange exchange(String request) throws IOException {
            try {
                return new Exchange(request, once(request));
            } catch (IOException closedMeanwhile) {
                socket.close();
                socket = open();
                return new Exchange(request, once(request));
            }
        }

        private String once(String request) throws IOException {
            OutputStream out = socket.getOutputStream();
            out.write(request.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int next = in.read();
                if (next < 0) {
                    throw new IOException("closed");
                }
                head.append((char) next);
            }
            String length = RawHttp.header(head.toString(), "Content-Length");
            byte[] body = length.isEmpty() ? new byte[0] : in.readNBytes(Integer.parseInt(length));
            if (RawHttp.header(head.toString(), "Connection").equals("close")) {
                socket.close();
                socket = open();
            }
            return head + new String(body, StandardCharsets.UTF_8);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
