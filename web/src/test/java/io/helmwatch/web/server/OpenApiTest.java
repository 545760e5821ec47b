package io.helmwatch.web.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The document of the API against what the server really answers. */
@Timeout(60)
class OpenApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String INCIDENT = "/api/v1/incidents/" + TestDesk.INCIDENT.replace('/', '~');

    private final TestDesk desk = new TestDesk();

    @TempDir
    Path folder;

    /** A request that succeeds. */
    private record Example(String operation, String start, String body) {}

    /** One for each operation, in an order in which they succeed; reload has no file to read here. */
    private static List<Example> examples() {
        String login = "{\"username\":\"ada\",\"password\":\"" + TestDesk.PASSWORD + "\"}";
        return List.of(
                new Example("getSession", "GET /api/v1/session", ""),
                new Example("login", "POST /api/v1/session", login),
                new Example("logout", "DELETE /api/v1/session", ""),
                new Example("getOpenApi", "GET /api/v1/openapi.json", ""),
                new Example("listStreams", "GET /api/v1/streams", ""),
                new Example("addStream", "POST /api/v1/streams", "{\"id\":\"yard\",\"url\":\"rtsp://192.0.2.1/\"}"),
                new Example("getStream", "GET /api/v1/streams/yard", ""),
                new Example("changeStream", "PUT /api/v1/streams/yard", "{\"id\":\"yard\"}"),
                new Example("changeRegions", "PUT /api/v1/streams/yard/regions", "{\"zones\":[]}"),
                new Example("restartStream", "POST /api/v1/streams/yard/restart", ""),
                new Example("previewRules", "POST /api/v1/streams/gate-3/preview", "{\"rules\":[]}"),
                new Example("getFrame", "GET /api/v1/streams/gate-3/frame.jpg?draw=true", ""),
                new Example("removeStream", "DELETE /api/v1/streams/yard", ""),
                new Example("probeStream", "POST /api/v1/probe", "{\"url\":\"rtsp://192.0.2.1/\"}"),
                new Example("searchIncidents", "GET /api/v1/incidents?state=open&limit=10", ""),
                new Example("exportIncidents", "GET /api/v1/incidents.csv?from=2026-11-20T00:00:00Z", ""),
                new Example("getIncident", "GET " + INCIDENT, ""),
                new Example("getSnapshot", "GET " + INCIDENT + "/snapshot.jpg", ""),
                new Example("getClip", "GET " + INCIDENT + "/clip.mp4", ""),
                new Example("getClipFrames", "GET " + INCIDENT + "/clip.json", ""),
                new Example(
                        "acknowledgeIncident", "POST " + INCIDENT + "/acknowledgement", "{\"note\":\"talked to him\"}"),
                new Example("withdrawAcknowledgement", "DELETE " + INCIDENT + "/acknowledgement", ""),
                new Example("getCompliance", "GET /api/v1/compliance", ""),
                new Example("getReport", "GET /api/v1/report?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z", ""),
                new Example("printReport", "GET /api/v1/report.html", ""),
                new Example("exportReport", "GET /api/v1/report.csv", ""),
                new Example("getSystem", "GET /api/v1/system", ""),
                new Example("listNodes", "GET /api/v1/nodes", ""),
                new Example("listNotifications", "GET /api/v1/notifications", ""),
                new Example("testNotification", "POST /api/v1/notifications/guards/test", ""),
                new Example("getAudit", "GET /api/v1/audit?limit=5", ""),
                new Example("reload", "POST /api/v1/reload", ""));
    }

    @Test
    void shouldDescribeWhatTheServerAnswers() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            JsonNode document = JSON.readTree(RawHttp.body(RawHttp.ask(server.address(), "GET /api/v1/openapi.json")));
            assertThat(document.get("openapi").asText()).startsWith("3.1.");
            Map<String, JsonNode> operations = operations(document);
            Set<String> covered = new TreeSet<>();
            for (Example example : examples()) {
                JsonNode operation = operations.get(example.operation);
                assertThat(operation).as(example.operation).isNotNull();
                covered.add(example.operation);
                check(server.address(), example, operation, document);
            }
            assertThat(covered).isEqualTo(new TreeSet<>(operations.keySet()));
        }
    }

    private static Map<String, JsonNode> operations(JsonNode document) {
        Map<String, JsonNode> operations = new HashMap<>();
        document.get("paths")
                .forEach(path -> path.forEach(
                        operation -> operations.put(operation.get("operationId").asText(), operation)));
        return operations;
    }

    private static void check(InetSocketAddress address, Example example, JsonNode operation, JsonNode document)
            throws IOException {
        String token = "Authorization: Bearer " + TestDesk.ADMIN_TOKEN;
        String response = example.body.isEmpty()
                ? RawHttp.ask(address, example.start, token)
                : RawHttp.post(address, example.start, example.body, token);
        String status = Integer.toString(RawHttp.status(response));
        JsonNode answers = operation.get("responses");
        JsonNode answer = answers.has(status) ? answers.get(status) : document.at("/components/responses/Problem");
        if (!example.operation.equals("reload")) {
            assertThat(answers.has(status))
                    .as(example.operation + " answers " + status)
                    .isTrue();
        }
        String type = RawHttp.header(response, "Content-Type").replaceAll(";.*", "");
        if (!answer.has("content")) {
            assertThat(RawHttp.body(response)).as(example.operation).isEmpty();
            return;
        }
        assertThat(answer.get("content").has(type))
                .as(example.operation + " answers " + type)
                .isTrue();
        JsonNode schema = answer.get("content").get(type).get("schema");
        if (schema != null) {
            assertThat(problems(document, schema, RawHttp.body(response)))
                    .as(example.operation)
                    .isEmpty();
        }
    }

    private static List<String> problems(JsonNode document, JsonNode schema, String body) throws IOException {
        ObjectNode whole = document.deepCopy();
        whole.setAll((ObjectNode) schema.deepCopy());
        SchemaValidatorsConfig config =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        JsonSchema validator =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(whole, config);
        List<String> problems = new ArrayList<>();
        validator.validate(JSON.readTree(body)).forEach(problem -> problems.add(problem.getMessage()));
        return problems;
    }

    @Test
    void shouldNoticeAnAnswerThatTheDocumentDoesNotDescribe() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            JsonNode document = JSON.readTree(RawHttp.body(RawHttp.ask(server.address(), "GET /api/v1/openapi.json")));
            JsonNode stream = JSON.readTree("{\"$ref\":\"#/components/schemas/Stream\"}");
            assertThat(problems(document, stream, "{\"id\":\"gate-3\",\"unknown\":1}"))
                    .isNotEmpty();
        }
    }

    @Test
    void shouldNameARoleForEveryOperationThatIsNotForEverybody() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            JsonNode document = JSON.readTree(RawHttp.body(RawHttp.ask(server.address(), "GET /api/v1/openapi.json")));
            operations(document).forEach((id, operation) -> {
                boolean isForEverybody =
                        Set.of("getSession", "login", "logout", "getOpenApi").contains(id);
                assertThat(operation.get("security").isEmpty()).as(id).isEqualTo(isForEverybody);
            });
        }
    }
}
