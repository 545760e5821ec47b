package io.helmwatch.web.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.web.AuditEntry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AccessTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final TestDesk desk = new TestDesk();

    @TempDir
    Path folder;

    private static String login(InetSocketAddress address, String name, String password) throws IOException {
        String body = JSON.createObjectNode()
                .put("username", name)
                .put("password", password)
                .toString();
        return RawHttp.post(address, "POST /api/v1/session", body);
    }

    private static String cookie(String response) {
        String cookie = RawHttp.header(response, "Set-Cookie");
        return "Cookie: " + cookie.substring(0, cookie.indexOf(';'));
    }

    private static JsonNode json(String response) throws IOException {
        return JSON.readTree(RawHttp.body(response));
    }

    @Test
    void shouldLetEverybodyOnThisMachineDoEverythingWithoutUsers() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            JsonNode session = json(RawHttp.ask(server.address(), "GET /api/v1/session"));
            assertThat(session.get("login").asText()).isEqualTo("none");
            assertThat(session.get("user").get("role").asText()).isEqualTo("admin");
            assertThat(RawHttp.status(RawHttp.post(server.address(), "POST /api/v1/streams", "{\"id\":\"yard\"}")))
                    .isEqualTo(201);
        }
    }

    @Test
    void shouldLogInWithACookieThatScriptsDoNotSeeAndLogOut() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            InetSocketAddress address = server.address();
            assertThat(RawHttp.status(RawHttp.ask(address, "GET /api/v1/streams")))
                    .isEqualTo(401);
            JsonNode before = json(RawHttp.ask(address, "GET /api/v1/session"));
            assertThat(before.get("user").isNull()).isTrue();
            assertThat(before.get("login").asText()).isEqualTo("required");

            String response = login(address, "olga", TestDesk.PASSWORD);
            assertThat(RawHttp.status(response)).isEqualTo(200);
            assertThat(RawHttp.header(response, "Set-Cookie"))
                    .contains("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200")
                    .doesNotContain("Secure");
            assertThat(json(response).get("user").get("role").asText()).isEqualTo("operator");
            String cookie = cookie(response);
            assertThat(RawHttp.status(RawHttp.ask(address, "GET /api/v1/streams", cookie)))
                    .isEqualTo(200);

            String logout = RawHttp.ask(address, "DELETE /api/v1/session", cookie);
            assertThat(RawHttp.status(logout)).isEqualTo(204);
            assertThat(RawHttp.header(logout, "Set-Cookie")).contains("Max-Age=0");
            assertThat(RawHttp.status(RawHttp.ask(address, "GET /api/v1/streams", cookie)))
                    .isEqualTo(401);
        }
    }

    @ParameterizedTest(name = "{0}: viewer {1}, operator {2}, admin {3}, nobody 401")
    @CsvSource({
        "GET /api/v1/streams, 200, 200, 200",
        "GET /api/v1/system, 200, 200, 200",
        "GET /api/v1/nodes, 200, 200, 200",
        "GET /api/v1/streams/gate-3/frame.jpg, 200, 200, 200",
        "GET /api/v1/incidents.csv, 200, 200, 200",
        "POST /api/v1/streams/gate-3/restart, 403, 204, 204",
        "DELETE /api/v1/incidents/gate-3~1795176000~no-helmet~1/acknowledgement, 403, 200, 200",
        "DELETE /api/v1/streams/gone, 403, 403, 404",
        "POST /api/v1/reload, 403, 403, 503",
        "GET /api/v1/audit, 403, 403, 200",
        "GET /streams, 200, 200, 200",
        "POST /reload, 403, 403, 400"
    })
    void shouldLetEachRoleDoItsPart(String start, int viewer, int operator, int admin) throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            InetSocketAddress address = server.address();
            int nobody = RawHttp.status(RawHttp.ask(address, start));
            assertThat(nobody).isEqualTo(start.equals("POST /reload") ? 403 : 401);
            assertThat(statusWith(address, start, "x".repeat(32))).isEqualTo(nobody);
            assertThat(statusWith(address, start, TestDesk.VIEWER_TOKEN)).isEqualTo(viewer);
            assertThat(statusWith(address, start, TestDesk.OPERATOR_TOKEN)).isEqualTo(operator);
            assertThat(statusWith(address, start, TestDesk.ADMIN_TOKEN)).isEqualTo(admin);
        }
    }

    private static int statusWith(InetSocketAddress address, String start, String token) throws IOException {
        return RawHttp.status(RawHttp.ask(address, start, "Authorization: Bearer " + token));
    }

    @ParameterizedTest(name = "probes: {0}")
    @ValueSource(booleans = {true, false})
    void shouldAnswerProbesAndMetricsToEverybodyOrNot(boolean isOpen) throws Exception {
        HttpConfig config = TestDesk.withUsers(folder);
        AccessConfig.Probes probes = isOpen ? AccessConfig.Probes.OPEN : AccessConfig.Probes.VIEWER;
        try (DeskServer server =
                DeskServer.start(config.withAccess(config.access().withProbes(probes)), desk.desk())) {
            for (String path : List.of("/live", "/ready", "/startup", "/metrics")) {
                assertThat(RawHttp.status(RawHttp.ask(server.address(), "GET " + path)))
                        .isEqualTo(isOpen ? 200 : 401);
                assertThat(statusWith(server.address(), "GET " + path, TestDesk.VIEWER_TOKEN))
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void shouldLetAnonymousViewersReadOnly() throws Exception {
        HttpConfig config = TestDesk.withUsers(folder);
        HttpConfig anonymous = config.withAccess(config.access().withAnonymous(AccessConfig.Anonymous.VIEWER));
        try (DeskServer server = DeskServer.start(anonymous, desk.desk())) {
            assertThat(RawHttp.status(RawHttp.ask(server.address(), "GET /api/v1/streams")))
                    .isEqualTo(200);
            assertThat(RawHttp.status(RawHttp.ask(server.address(), "POST /api/v1/streams/gate-3/restart")))
                    .isEqualTo(403);
            assertThat(json(RawHttp.ask(server.address(), "GET /api/v1/session"))
                            .get("login")
                            .asText())
                    .isEqualTo("optional");
        }
    }

    @Test
    void shouldSlowDownWhoeverGuessesPasswords() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            for (int i = 0; i < 5; i++) {
                String name = i % 2 == 0 ? "ada" : "nobody";
                assertThat(RawHttp.status(login(server.address(), name, "guess " + i)))
                        .isEqualTo(401);
            }
            String limited = login(server.address(), "ada", TestDesk.PASSWORD);
            assertThat(RawHttp.status(limited)).isEqualTo(429);
            assertThat(Integer.parseInt(RawHttp.header(limited, "Retry-After"))).isBetween(1, 5);
            assertThat(RawHttp.header(limited, "Set-Cookie")).isEmpty();
        }
    }

    @Test
    void shouldRecordLoginsAndChangesInAFileThatOnlyItsOwnerReads() throws Exception {
        HttpConfig config = TestDesk.withUsers(folder);
        try (DeskServer server = DeskServer.start(config, desk.desk())) {
            InetSocketAddress address = server.address();
            String cookie = cookie(login(address, "olga", TestDesk.PASSWORD));
            login(address, "olga", "wrong password");
            RawHttp.ask(address, "POST /api/v1/streams/gate-3/restart", cookie);
            RawHttp.ask(address, "DELETE /api/v1/streams/gate-3", cookie);
            RawHttp.ask(address, "GET /api/v1/streams", cookie);

            Path file = config.access().auditFile();
            List<String> lines = Files.readAllLines(file);
            assertThat(lines).hasSize(4);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(lines.get(2))
                    .contains("\"user\":\"olga\"", "\"action\":\"restartStream\"", "\"target\":\"gate-3\"", "\"ok\"");
            assertThat(lines.get(3)).contains("\"action\":\"removeStream\"", "refused: 403");
            assertThat(String.join("\n", lines)).doesNotContain("wrong password", TestDesk.PASSWORD);
            assertThat(desk.audited).hasSize(4).extracting(AuditEntry::action).contains("login", "restartStream");
        }
        try (DeskServer again = DeskServer.start(config, desk.desk())) {
            String token = "Authorization: Bearer " + TestDesk.ADMIN_TOKEN;
            JsonNode entries = json(RawHttp.ask(again.address(), "GET /api/v1/audit?limit=2", token))
                    .get("entries");
            assertThat(entries).hasSize(2);
            assertThat(entries.get(0).get("action").asText()).isEqualTo("removeStream");
        }
    }

    @Test
    void shouldRefuseBodiesThatAFormOfAnotherSiteCouldSend() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            String head =
                    "POST /api/v1/streams HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 14\r\n";
            for (String type : List.of("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")) {
                String response =
                        RawHttp.send(server.address(), head + "Content-Type: " + type + "\r\n\r\n{\"id\":\"forged\"}");
                assertThat(RawHttp.status(response)).isEqualTo(415);
            }
            String crossSite = RawHttp.post(
                    server.address(), "POST /api/v1/streams", "{\"id\":\"forged\"}", "Sec-Fetch-Site: cross-site");
            assertThat(RawHttp.status(crossSite)).isEqualTo(403);
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "<script>alert(1)</script>",
                "\"><img src=x onerror=alert(1)>",
                "=cmd|' /C calc'!A0",
                "${jndi:ldap://x/}"
            })
    void shouldReturnHostileTextAsDataOnly(String text) throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            InetSocketAddress address = server.address();
            String incident = "/api/v1/incidents/" + TestDesk.INCIDENT.replace('/', '~');
            String note = JSON.createObjectNode().put("note", text).toString();
            String answer = RawHttp.post(address, "POST " + incident + "/acknowledgement", note);
            assertThat(RawHttp.header(answer, "Content-Type")).isEqualTo("application/json");
            assertThat(json(answer).get("acknowledged").get("note").asText()).isEqualTo(text);

            String csv = RawHttp.ask(address, "GET /api/v1/incidents.csv");
            assertThat(RawHttp.header(csv, "Content-Type")).startsWith("text/csv");
            assertThat(RawHttp.header(csv, "Content-Disposition")).startsWith("attachment");
            assertThat(RawHttp.body(csv)).doesNotContain(",=cmd");

            String id = JSON.createObjectNode().put("id", text).toString();
            String refused = RawHttp.post(address, "POST /api/v1/streams", id);
            assertThat(RawHttp.status(refused)).isEqualTo(422);
            assertThat(RawHttp.header(refused, "Content-Type")).isEqualTo("application/problem+json");
            assertThat(refused).doesNotContain(TestDesk.CAMERA_PASSWORD);
        }
    }

    @Test
    void shouldStoreNotesWithoutControlCharactersAndOverridesOfTheirDirection() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            String incident = "/api/v1/incidents/" + TestDesk.INCIDENT.replace('/', '~');
            String note = "{\"note\":\"\\u202egate\\u2069 \\u001b[31mclosed\\u0000\\u0085\\nby \\u05d0 \\u00fc\"}";
            String answer = RawHttp.post(server.address(), "POST " + incident + "/acknowledgement", note);
            assertThat(json(answer).get("acknowledged").get("note").asText())
                    .isEqualTo("gate [31mclosed\nby \u05d0 \u00fc");
        }
    }
}
