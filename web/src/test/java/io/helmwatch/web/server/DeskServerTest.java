package io.helmwatch.web.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.web.Relay;
import io.helmwatch.web.relay.NodeRelay;
import io.helmwatch.web.relay.Peers;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class DeskServerTest {
    private final TestDesk desk = new TestDesk();
    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    private DeskServer server;
    private InetSocketAddress address;

    @BeforeEach
    void start() {
        server = DeskServer.start(TestDesk.open(folder), desk.desk());
        address = server.address();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    @ParameterizedTest(name = "{0} answers {1}, {2} while starting, {3} while stalled")
    @CsvSource({"/startup, 200, 503, 200", "/live, 200, 200, 503", "/ready, 200, 503, 503"})
    void shouldTellStartedReadyAndAliveApart(String path, int well, int starting, int stalled) throws Exception {
        assertThat(get(path).statusCode()).isEqualTo(well);
        desk.startupProblem = "the model is being opened";
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).isEqualTo(starting);
        assertThat(answer.body()).isEqualTo(starting == 200 ? "ok\n" : "the model is being opened\n");
        desk.startupProblem = "";
        desk.liveProblem = "stages stalled";
        assertThat(get(path).statusCode()).isEqualTo(stalled);
    }

    @ParameterizedTest(name = "{0} {1}: {2}, allowed: {3}")
    @CsvSource({
        "GET, /live/x, 404, ",
        "GET, /nothing.js, 404, ",
        "GET, /lib/lit/nothing.js, 404, ",
        "GET, /api/v1/nothing, 404, ",
        "POST, /api/v1/nothing, 404, ",
        "HEAD, /metrics, 200, ",
        "HEAD, /, 200, ",
        "POST, /metrics, 405, 'GET, HEAD'",
        "GET, /reload, 405, POST",
        "DELETE, /api/v1/streams, 405, 'GET, HEAD, POST'",
        "POST, /api/v1/streams/gate-3, 405, 'DELETE, GET, HEAD, PUT'",
        "TRACE, /live, 404, ",
        "FOO, /live, 404, "
    })
    void shouldAnswerOnlyItsPathsAndMethods(String method, String path, int status, String allowed) throws Exception {
        String response = RawHttp.ask(address, method + " " + path);
        assertThat(RawHttp.status(response)).isEqualTo(status);
        assertThat(RawHttp.header(response, "Allow")).isEqualTo(allowed == null ? "" : allowed);
        if (path.startsWith("/api/")) {
            assertThat(RawHttp.header(response, "Content-Type")).isEqualTo("application/problem+json");
        }
    }

    @Test
    void shouldServeThePageAndItsLibrariesWithPathsInsteadOfPackageNames() throws Exception {
        HttpResponse<String> page = get("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/html;");
        assertThat(page.body()).contains("Helmwatch").doesNotContain("http://", "https://");

        for (String file : List.of(
                "/lib/lit/index.js",
                "/lib/lit/directives/repeat.js",
                "/lib/lit-html/lit-html.js",
                "/lib/lit-element/lit-element.js",
                "/lib/reactive-element/reactive-element.js")) {
            HttpResponse<String> module = get(file);
            assertThat(module.statusCode()).as(file).isEqualTo(200);
            assertThat(module.headers().firstValue("Content-Type").orElse("")).startsWith("text/javascript;");
            assertThat(module.body())
                    .as(file)
                    .doesNotContainPattern("(from|import)\\s*[\"'][^./\"']")
                    .doesNotContain("\"@lit/");
            for (String imported : imports(module.body(), file)) {
                assertThat(get(imported).statusCode()).as(imported).isEqualTo(200);
            }
        }
        assertThat(get("/lib/uplot/uPlot.esm.js").body()).contains("export { uPlot as default }");
        assertThat(get("/lib/uplot/uPlot.min.css").statusCode()).isEqualTo(200);
    }

    private static List<String> imports(String module, String file) {
        return java.util.regex.Pattern.compile("(?:from|import)\\s*[\"']([^\"']+)[\"']")
                .matcher(module)
                .results()
                .map(match -> URI.create(file).resolve(match.group(1)).toString())
                .toList();
    }

    @Test
    void shouldSendAFileThatABrowserHasOnlyOnce() throws Exception {
        String first = RawHttp.ask(address, "GET /lib/lit-html/lit-html.js", "Accept-Encoding: gzip");
        assertThat(RawHttp.header(first, "Content-Encoding")).isEqualTo("gzip");
        String tag = RawHttp.header(first, "ETag");
        assertThat(tag).isNotEmpty();
        String second = RawHttp.ask(address, "GET /lib/lit-html/lit-html.js", "If-None-Match: " + tag);
        assertThat(RawHttp.status(second)).isEqualTo(304);
        assertThat(RawHttp.body(second)).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"/", "/live", "/nothing", "/api/v1/streams", "/api/v1/nothing", "/lib/lit/index.js"})
    void shouldForbidOtherPagesAndInlineScriptEverywhere(String path) throws Exception {
        String response = RawHttp.ask(address, "GET " + path);
        assertThat(RawHttp.header(response, "Content-Security-Policy"))
                .contains("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'")
                .doesNotContain("unsafe", "*");
        assertThat(RawHttp.header(response, "X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(RawHttp.header(response, "Server")).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "GET /live HTTP/1.1 nonsense, 400",
        "GET http://elsewhere/live HTTP/1.1 Host: x, 400",
        "GET /live HTTP/1.1 Host: x Host: y, 400",
        "GET /live HTTP/1.1, 400",
        "POST /reload HTTP/1.1 Host: localhost Content-Length: 99999999, 413",
        "POST /api/v1/session HTTP/1.1 Host: localhost Content-Length: x, 400",
        "GET /live?verbose=1 HTTP/1.0, 200",
        "HEAD /metrics HTTP/1.1 Host: x Connection: close, 200",
        "GET /api/v1/streams?limit=%zz HTTP/1.1 Host: localhost Connection: close, 400",
        "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1 Host: localhost Connection: close, 400",
        "GET /../../etc/passwd HTTP/1.1 Host: localhost Connection: close, 400",
        "GET /lib/lit/..%2f..%2fx HTTP/1.1 Host: localhost Connection: close, 400",
        "GET /lib/lit/%00.js HTTP/1.1 Host: localhost Connection: close, 400",
        "GET /lib//lit/index.js HTTP/1.1 Host: localhost Connection: close, 400",
        "GET /live HTTP/1.1 Host: localhost Connection: close Sec-WebSocket-Key: x, 200",
        "GET //etc/passwd HTTP/1.1 Host: localhost Connection: close, 400",
        "GET /io/helmwatch/web/server/DeskServer.class HTTP/1.1 Host: localhost Connection: close, 404",
        "GET /api/v1/incidents/..%2f..%2fetc%2fpasswd HTTP/1.1 Host: localhost Connection: close, 400"
    })
    void shouldAnswerOddRequestsWithAStatusAndNothingElse(String words, int status) throws Exception {
        String request = words.replaceAll(" (?=[A-Z][A-Za-z-]+:|nonsense)", "\r\n") + "\r\n\r\n";
        String response = RawHttp.send(address, request);
        assertThat(response).startsWith("HTTP/1.1 " + status + " ");
        assertThat(response).doesNotContain("Jetty", "at org.", "Exception", "root:");
    }

    @ParameterizedTest(name = "{0} with Host {1} and Origin {2}: {3}")
    @CsvSource({
        "GET /streams, 127.0.0.1:9400, , 200",
        "GET /streams, [::1]:9400, , 200",
        "GET /streams, localhost, , 200",
        "GET /streams, localhost:9400, http://localhost:9400, 200",
        "GET /streams, evil.example, , 403",
        "GET /streams, 127.0.0.1.evil.example, , 403",
        "GET /streams, 127.0.0.1:9400, http://evil.example, 403",
        "GET /streams, 127.0.0.1:9400, null, 403",
        "POST /reload, localhost:9400, , 400",
        "POST /reload, rebound.example:9400, , 403",
        "POST /reload, localhost:9400, http://localhost:3000, 403",
        "GET /live, evil.example, http://evil.example, 200",
        "GET /, evil.example, , 403",
        "GET /api/v1/streams, evil.example, , 403",
        "GET /api/v1/streams, localhost, https://localhost, 200",
        "DELETE /api/v1/streams/x, localhost, http://evil.example, 403",
        "GET /api/v1/openapi.json, evil.example, , 403"
    })
    void shouldRefuseOtherSitesWhatBelongsToThisMachine(String start, String host, String origin, int status)
            throws Exception {
        String response = origin == null
                ? RawHttp.ask(address, start, "Host: " + host)
                : RawHttp.ask(address, start, "Host: " + host, "Origin: " + origin);
        assertThat(RawHttp.status(response)).isEqualTo(status);
    }

    @ParameterizedTest(name = "{0}: {1} {2}")
    @CsvSource({
        "bytes=0-2, 206, bytes 0-2/24, the",
        "bytes=4-, 206, bytes 4-23/24, video of an incident",
        "bytes=-8, 206, bytes 16-23/24, incident",
        "bytes=22-99, 206, bytes 22-23/24, nt",
        "bytes=24-, 416, bytes */24, ",
        "bytes=-0, 416, bytes */24, ",
        "bytes=2-1, 200, '', the video of an incident",
        "'bytes=0-1,4-5', 200, '', the video of an incident",
        "lines=1-2, 200, '', the video of an incident"
    })
    void shouldAnswerPartsOfAVideo(String range, int status, String content, String bytes) throws Exception {
        String path = "GET /api/v1/incidents/gate-3~1795176000~no-helmet~1/clip.mp4";
        String response = RawHttp.ask(address, path, "Range: " + range);
        assertThat(RawHttp.status(response)).isEqualTo(status);
        assertThat(RawHttp.header(response, "Content-Range")).isEqualTo(content);
        if (status != 416) {
            assertThat(RawHttp.body(response)).isEqualTo(bytes);
            assertThat(RawHttp.header(response, "Content-Type")).isEqualTo("video/mp4");
            assertThat(RawHttp.header(response, "Accept-Ranges")).isEqualTo("bytes");
        }
    }

    @ParameterizedTest(name = "{0} to {1}: {3}")
    @CsvSource({
        "2026-11-20, 2026-11-21, 200, '2026-11-19T23:00:00Z'",
        "2026-11-20T00:00:00Z, 2026-11-21, 200, '2026-11-20T00:00:00Z'",
        "2026-11-31, 2026-12-01, 400, 'from must be a day such as 2026-11-20 or a time'",
        "1969-01-01, 1969-01-02, 400, 'from 1970 to 9999'",
        "2026-11-22, 2026-11-21, 400, 'from must be before to'"
    })
    void shouldReportDaysInTheTimeZoneOfReports(String from, String to, int status, String words) throws Exception {
        HttpResponse<String> answer = get("/api/v1/report?from=" + from + "&to=" + to);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains(words);
    }

    /** A node that is not heard of has every incident. */
    private static Relay away() {
        return new NodeRelay(ClusterConfig.of("site", "first"), new Peers() {
            @Override
            public String nodeOf(Relay.Subject subject, String id) {
                return "second";
            }

            @Override
            public @Nullable URI desk(String node) {
                return null;
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "incidents/gate-3~1795176000~no-helmet~1/clip.mp4,200",
        "incidents/gate-3~1795176000~no-helmet~1/clip.json,200",
        "incidents/gate-3~1795176000~no-helmet~1/snapshot.jpg,200",
        "incidents/gate-3~1795176000~no-helmet~2/clip.mp4,503",
        "incidents/gate-3~1795176000~no-helmet~2/snapshot.jpg,503",
        "streams/gate-3/frame.jpg,503"
    })
    void shouldServeACopyOfAnIncidentsFilesWhileTheirNodeIsAway(String path, int status) throws Exception {
        desk.relay = away();
        try (DeskServer other = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            String response = RawHttp.ask(other.address(), "GET /api/v1/" + path);
            assertThat(RawHttp.status(response)).isEqualTo(status);
            if (status == 503) {
                assertThat(RawHttp.body(response)).contains("node second has it, and is not heard of now");
            }
        }
    }

    @Test
    void shouldSayInOneSentenceThatThePortIsTaken() {
        HttpConfig same = new HttpConfig(true, "127.0.0.1", address.getPort());
        assertThatThrownBy(() -> DeskServer.start(same, desk.desk()))
                .hasMessageContaining("http cannot listen on 127.0.0.1:" + same.port())
                .hasMessageContaining("choose another http.port");
        assertThatThrownBy(() -> HttpListener.bind(new HttpConfig(true, "192.0.2.77", 0)))
                .hasMessageContaining("http.host 192.0.2.77 is not an address of this machine");
    }

    @Test
    void shouldServeAndStopManyTimesWithoutLeavingThreads() throws InterruptedException {
        server.close();
        int before = threads();
        for (int i = 0; i < 5; i++) {
            DeskServer.start(TestDesk.open(folder), desk.desk()).close();
        }
        // The last threads of a pool that was stopped end a moment later.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (threads() > before && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        assertThat(threads()).as("threads named http").isLessThanOrEqualTo(before);
    }

    private static int threads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive() && thread.getName().startsWith("http"))
                .count();
    }

    @Test
    void shouldNameItsClusterToThoseWhoMayReadAndHaveNoNodesWithoutOne() throws Exception {
        TestDesk desk = new TestDesk();
        String token = "Authorization: Bearer " + TestDesk.VIEWER_TOKEN;
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            assertThat(RawHttp.ask(server.address(), "GET /api/v1/session")).contains("\"cluster\":null");
            assertThat(RawHttp.ask(server.address(), "GET /api/v1/session", token))
                    .contains("\"cluster\":\"site-a\"");
            assertThat(RawHttp.ask(server.address(), "GET /api/v1/nodes", token))
                    .contains("\"name\":\"node-1\"", "\"state\":\"online\"");
        }
        desk.nodes = null;
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            assertThat(RawHttp.ask(server.address(), "GET /api/v1/session", token))
                    .contains("\"cluster\":null");
            String answer = RawHttp.ask(server.address(), "GET /api/v1/nodes", token);
            assertThat(RawHttp.status(answer)).isEqualTo(404);
            assertThat(answer).contains("this service is not part of a cluster");
        }
    }
}
