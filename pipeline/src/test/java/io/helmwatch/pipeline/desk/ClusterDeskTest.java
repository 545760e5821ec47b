package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.cluster.kafka.CameraDirectory;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two nodes with clips as cameras, a real broker and a real browser: every node's desk shows all of the cluster. */
@Timeout(240)
class ClusterDeskTest extends NodesOnABroker {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private String users = "";

    private HelmwatchConfig config(String node) {
        return config(node, 8, """
                http: {port: 0%s}
                inference: {workers: 1}
                desk: {directory: desk-<node>, local-folders: ['%s']}
                incidents: {spool: {directory: spool-<node>}, snapshots: {enabled: true, directory: pictures-<node>}}
                """.formatted(users, CLIP.getParent()));
    }

    private DetectionService start(String node) {
        return opened.register(DetectionService.start(config(node), MODEL, List.of(), FatalErrorHandler.LOG));
    }

    private void apply(String... cameras) {
        HelmwatchConfig config = config("cli");
        try (CameraDirectory directory = new CameraDirectory(config.kafka(), config.cluster())) {
            CameraPlacement placement = new CameraPlacement(8, List.of(), directory.nodes());
            for (String camera : cameras) {
                String settings = ("{\"analyze-fps\":2,\"id\":\"%s\",\"loop\":true,\"realtime\":true,"
                                + "\"rules\":[{\"kind\":\"no-helmet\",\"name\":\"bare\"}],\"url\":\"%s\"}")
                        .formatted(camera, CLIP);
                directory.put(new PlacedCamera(camera, placement.place(), settings));
            }
        }
    }

    private static String page(DetectionService service) {
        return "http://127.0.0.1:" + service.httpAddress().getPort() + "/";
    }

    private static JsonNode get(DetectionService service, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(page(service) + "api/v1" + path))
                .build();
        return JSON.readTree(
                HTTP.send(request, HttpResponse.BodyHandlers.ofByteArray()).body());
    }

    private static Set<String> texts(JsonNode items, String field) {
        Set<String> texts = new TreeSet<>();
        items.forEach(item -> texts.add(item.path(field).asText()));
        return texts;
    }

    private static void awaitOnline(DetectionService service, Set<String> nodes, int cameras) {
        await().atMost(60, TimeUnit.SECONDS).untilAsserted(() -> {
            JsonNode streams = get(service, "/streams").path("streams");
            assertThat(streams).hasSize(cameras);
            assertThat(texts(streams, "node")).isEqualTo(nodes);
            assertThat(texts(streams, "state")).containsExactly("online");
        });
    }

    @Test
    void shouldShowCamerasIncidentsAndNodesOfTheWholeClusterOnEveryNode() throws Exception {
        apply("crane", "dock", "gate", "yard");
        DetectionService first = start("first");
        DetectionService second = start("second");
        for (DetectionService node : List.of(first, second)) {
            awaitOnline(node, Set.of("first", "second"), 4);
            JsonNode streams = get(node, "/streams").path("streams");
            assertThat(texts(streams, "origin")).containsExactly("cluster");
            await().atMost(60, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(
                                    texts(get(node, "/incidents").path("incidents"), "node"))
                            .containsExactly("first", "second"));
        }
        JsonNode nodes = get(second, "/nodes");
        assertThat(nodes.path("node").asText()).isEqualTo("second");
        assertThat(nodes.path("cameras").asInt()).isEqualTo(4);
        assertThat(texts(nodes.path("nodes"), "name")).containsExactly("first", "second");
        assertThat(texts(nodes.path("nodes"), "url")).contains(page(first));

        try (Browser browser = Browser.open(1440, 900)) {
            browser.go(page(first));
            browser.click("a[href='#/nodes']");
            browser.await(
                    "both nodes",
                    LIMIT,
                    "return document.querySelectorAll('hw-nodes tr[data-node]').length",
                    count -> ((Number) count).intValue() == 2);
            assertThat(browser.text("hw-nodes tr[data-node=second]")).contains("online", "4 partitions", "cpu");
            browser.screenshot("nodes");
            browser.click("hw-nodes tr[data-node=second] td a");
            browser.await(
                    "cameras of the second node",
                    LIMIT,
                    "return document.querySelectorAll('hw-cameras td.node').length",
                    count -> ((Number) count).intValue() == 2);
            assertThat(browser.text("hw-cameras td.node")).isEqualTo("second");
        }

        second.close();

        awaitOnline(first, Set.of("first"), 4);
        assertThat(texts(get(first, "/incidents").path("incidents"), "node"))
                .as("what the node detected stays in the history of the others")
                .contains("second");
    }

    private static HttpResponse<String> send(DetectionService service, String method, String path, String json)
            throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(page(service) + "api/v1" + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private List<PlacedCamera> shared() {
        HelmwatchConfig config = config("cli");
        try (CameraDirectory directory = new CameraDirectory(config.kafka(), config.cluster())) {
            return directory.cameras();
        }
    }

    @Test
    void shouldAddChangeAndRemoveCamerasOnEveryNodeWithoutLettingASecretIntoTheTopic() throws Exception {
        DetectionService first = start("first");
        DetectionService second = start("second");
        String camera = "{'url':'" + CLIP + "','id':'gate','realtime':true,'loop':true,'analyze-fps':2%s}";

        HttpResponse<String> added = send(first, "POST", "/streams", camera.formatted(""));
        assertThat(added.statusCode()).as(added.body()).isEqualTo(201);
        await().atMost(60, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(texts(get(second, "/streams").path("streams"), "state"))
                        .containsExactly("online"));
        assertThat(send(second, "POST", "/streams", camera.formatted("")).body())
                .contains("exists already");

        String zones = "{'zones':[{'name':'pit','polygon':[[0,0],[1,0],[1,1]]}]}";
        assertThat(send(second, "PUT", "/streams/gate/regions", zones).body()).contains("\"pit\"");
        assertThat(send(first, "PUT", "/streams/gate", camera.formatted(",'masks':[]"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(shared())
                .singleElement()
                .satisfies(placed -> assertThat(placed.settings())
                        .as("as cameras apply writes it")
                        .isEqualTo(
                                "{\"analyze-fps\":2,\"id\":\"gate\",\"loop\":true,\"masks\":[],\"realtime\":true,\"url\":\""
                                        + CLIP + "\"}"));

        String remote = "{'id':'remote','url':'rtsp://%s127.0.0.1:9/1'%s}";
        for (String refused : List.of(
                remote.formatted("", ",'credentials':{'username':'kim','password':'open-sesame'}"),
                remote.formatted("kim:open-sesame@", ""),
                remote.formatted("", ",'credentials':{'username':'kim','password-env':'PATH'}"),
                remote.formatted("${PATH}", ""),
                "{'id':'remote','url':'/etc/passwd'}")) {
            assertThat(send(first, "POST", "/streams", refused).statusCode())
                    .as(refused)
                    .isEqualTo(422);
        }
        assertThat(shared()).hasSize(1);

        assertThat(send(second, "DELETE", "/streams/gate", "").statusCode()).isEqualTo(204);
        for (DetectionService node : List.of(first, second)) {
            await().untilAsserted(() ->
                    assertThat(get(node, "/streams").path("streams")).isEmpty());
        }
        assertThat(texts(get(second, "/audit").path("entries"), "action"))
                .contains("removeStream", "changeRegions", "addStream");
    }

    @Test
    void shouldKeepReferencesOfAFileWhileTheAddressOfTheCameraStays() throws Exception {
        DetectionService node = start("first");
        HelmwatchConfig config = config("cli");
        String settings = "{\"credentials\":{\"password-env\":\"PATH\",\"username\":\"kim\"},\"id\":\"gate\","
                + "\"url\":\"rtsp://127.0.0.1:9/1\"}";
        try (CameraDirectory directory = new CameraDirectory(config.kafka(), config.cluster())) {
            directory.put(new PlacedCamera("gate", 3, settings));
        }
        await().atMost(30, TimeUnit.SECONDS)
                .untilAsserted(
                        () -> assertThat(get(node, "/streams").path("streams")).hasSize(1));

        String shown = get(node, "/streams/gate").path("settings").toString();
        assertThat(shown).contains("\"password-env\":\"PATH\"");
        HttpResponse<String> same = send(node, "PUT", "/streams/gate", shown.replace("/1\"", "/1\",\"analyze-fps\":3"));
        assertThat(same.statusCode()).as(same.body()).isEqualTo(200);
        HttpResponse<String> elsewhere = send(node, "PUT", "/streams/gate", shown.replace("127.0.0.1", "192.0.2.7"));
        assertThat(elsewhere.statusCode()).isEqualTo(422);
        assertThat(elsewhere.body()).contains("desk.password-variables");
    }

    /** The camera that a node has, of those that a logged-in page sees. */
    private static String cameraOf(Browser browser, String node) {
        return String.valueOf(browser.await(
                "camera of " + node,
                LIMIT,
                "return window.cameras?.find((one) => one.node === '" + node + "')?.id ?? void"
                        + " fetch('/api/v1/streams').then((answer)"
                        + " => answer.json()).then(({ streams })"
                        + " => { window.cameras = streams })",
                id -> true));
    }

    private static Object fetched(Browser browser, String script) {
        return browser.runUntilDone("(async () => { " + script + " })().then((found) => arguments[0]({ found }))")
                .get("found");
    }

    @Test
    void shouldShowPicturesOfOtherNodesWithTheLoginOfThisOne() throws Exception {
        users = ", users: [" + TestUsers.VIEWER + "]";
        apply("gate", "yard");
        DetectionService first = start("first");
        DetectionService second = start("second");

        try (Browser browser = Browser.open(1440, 900)) {
            browser.go(page(first));
            browser.type("input[name=username]", "viewer");
            browser.type("input[name=password]", "viewer-secret");
            browser.click(".login button");
            String camera = cameraOf(browser, "second");
            browser.await(
                    "both pictures",
                    LIMIT,
                    "return document.querySelectorAll('hw-tile hw-live[data-state=live][data-mode=fmp4]').length",
                    count -> ((Number) count).intValue() == 2);
            browser.screenshot("wall-two-nodes");
            browser.run("location.hash = '#/cameras/" + camera + "'");
            browser.await(
                    "boxes of the other node's camera",
                    LIMIT,
                    "return document.querySelectorAll('hw-detection-log li, hw-detection-log tr').length",
                    count -> ((Number) count).intValue() > 0);
            assertThat(fetched(
                            browser,
                            "const answer = await fetch('/api/v1/streams/" + camera + "/frame.jpg');"
                                    + " return `${answer.status} ${answer.headers.get('Content-Type')}`"))
                    .isEqualTo("200 image/jpeg");
            assertThat(fetched(
                            browser,
                            "const answer = await fetch('/api/v1/streams/" + camera
                                    + "/restart', { method: 'POST' }); return answer.status"))
                    .as("a viewer may not restart it there either")
                    .isEqualTo(403L);
            await().atMost(60, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(String.valueOf(fetched(
                                    browser,
                                    "const found = (await (await"
                                            + " fetch('/api/v1/incidents')).json()).incidents.find((one) => one.node ==="
                                            + " 'second' && one.snapshot); if (!found) { return 'none yet'; } const answer"
                                            + " = await"
                                            + " fetch(`/api/v1/incidents/${encodeURIComponent(found.id.replaceAll('/',"
                                            + " '~'))}/snapshot.jpg`); return `${answer.status}"
                                            + " ${answer.headers.get('Content-Type')}`")))
                            .isEqualTo("200 image/jpeg"));

            second.close();

            browser.await(
                    "the picture from the node that took the camera over",
                    LIMIT,
                    "return document.querySelector('hw-live')?.dataset.state === 'live'"
                            + " && document.querySelector('.bar')?.textContent.includes('on first')",
                    Boolean.TRUE::equals);
        }
    }
}
