package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.ingest.ffmpeg.TestClips;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser, with the service and cameras behind it. Screenshots are in {@code target/screenshots}. */
@Timeout(300)
class DeskPageTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SCRIPT = "<img src=x onerror=window.ran=1><script>window.ran=1</script>";
    private static final String EVIDENCE =
            "incidents: {snapshots: {enabled: true, directory: pictures}, clips: {enabled: true,"
                    + " directory: clips, pre-roll: 1s, post-roll: 1s, max-length: 4s}}\n";

    @TempDir
    Path folder;

    private DetectionService start(String more) {
        HelmwatchConfig config = ConfigLoader.parse(
                "json-lines: {target: lines.jsonl}\ninference: {workers: 1}\n" + more,
                "site.yaml",
                folder,
                name -> null);
        return DetectionService.start(config, MODEL, List.of(), FatalErrorHandler.LOG);
    }

    private static String page(DetectionService service) {
        return "http://127.0.0.1:" + service.httpAddress().getPort() + "/";
    }

    private static String yard(String more) {
        return "{id: yard, url: '" + CLIP + "', realtime: true, loop: true, analyze-fps: 5" + more + "}";
    }

    private static void awaitLive(Browser browser, String selector) {
        browser.await(
                "live picture in " + selector,
                LIMIT,
                "return document.querySelector('" + selector + "')?.dataset.state ?? 'missing'",
                "live"::equals);
    }

    @Test
    void shouldLeadFromAnAddressToAnAcknowledgedAndExportedIncident() throws Exception {
        Path clip = TestClips.make(
                "heads.h264",
                "-i movie=" + CLIP
                        + ":seek_point=10 -frames:v 250 -c:v libopenh264 -b 3M -g 25 -bf 0 -pix_fmt yuv420p");
        try (RtspCamera camera = RtspCamera.playing(clip);
                DetectionService service = start(EVIDENCE + "http: {port: 0}\nstreams: []");
                Browser browser = Browser.open(1440, 900)) {
            browser.go(page(service));
            browser.click("a[href='#/setup']");
            browser.type("input[name=url]", camera.url());
            browser.type("input[name=id]", "gate");
            browser.click(".test");
            browser.await(
                    "picture of the camera",
                    LIMIT,
                    "return document.querySelector('.stage img')?.naturalWidth ?? 0",
                    width -> ((Number) width).intValue() == 1280);
            browser.click(".draw");
            browser.drag(".stage", 0.05, 0.2, 0.95, 0.95);
            browser.screenshot("setup");
            browser.click(".finish");
            awaitLive(browser, "hw-live");

            browser.run("location.hash = '#/incidents'");
            browser.await(
                    "incident", LIMIT, "return document.querySelectorAll('.item').length", DeskPageTest::isPositive);
            browser.await(
                    "snapshot",
                    LIMIT,
                    "return document.querySelector('.incident img')?.naturalWidth ?? 0",
                    width -> ((Number) width).intValue() == 1280);
            assertThat(browser.text(".incident h2")).contains("gate", "no helmet", "zone-1");
            browser.type("input[name=note]", SCRIPT);
            browser.screenshot("incidents");
            browser.click(".acknowledge");
            browser.await(
                    "acknowledgement",
                    LIMIT,
                    "return document.querySelector('.deal.done blockquote')?.textContent",
                    SCRIPT::equals);
            assertThat(browser.text(".deal.done p")).contains("Acknowledged, ").doesNotContain("by ,");
            Object csv = browser.runUntilDone(
                            "fetch(document.querySelector('.export').href).then((answer) => answer.text())"
                                    + ".then((text) => arguments[0]({ text }))")
                    .get("text");

            assertThat(String.valueOf(csv)).contains("gate", "no-helmet", "zone-1");
            assertThat(browser.run("return window.ran")).isNull();
            checkVideo(browser);
        }
    }

    /** The video plays, can be sought in, and shows the boxes of its frames. */
    private static void checkVideo(Browser browser) {
        browser.await(
                "video", LIMIT, "return document.querySelectorAll('button.video').length", DeskPageTest::isPositive);
        browser.click("button.video");
        browser.await(
                "duration from the index",
                LIMIT,
                "return document.querySelector('hw-clip video')?.duration ?? 0",
                seconds -> ((Number) seconds).doubleValue() > 1 && ((Number) seconds).doubleValue() < 7);
        browser.run("const video = document.querySelector('hw-clip video'); video.currentTime = video.duration - 0.5");
        browser.await(
                "boxes of a frame near the end",
                LIMIT,
                "const clip = document.querySelector('hw-clip'); const end = clip?.watched?.duration;"
                        + " return clip?.drawn && clip.shown > end - 1 && clip.shown - clip.drawn.t < 0.5 ? 1 : 0",
                DeskPageTest::isPositive);
        browser.screenshot("clip");
    }

    @Test
    void shouldShowEachRoleWhatItMayDo() throws Exception {
        List<String> users = List.of(TestUsers.VIEWER, TestUsers.OPERATOR, TestUsers.ADMIN);
        String rule = ", rules: [{name: crowd, kind: occupancy, more-than: 0, at-least: 500ms, end-after: 1m}]";
        try (DetectionService service = start("http: {port: 0, users: " + users + "}\nstreams: [" + yard(rule) + "]");
                Browser browser = Browser.open(1440, 900)) {
            browser.go(page(service));
            login(browser, "viewer", "wrong-secret");
            browser.await(
                    "refusal",
                    LIMIT,
                    "return document.querySelector('.login .error')?.textContent ?? ''",
                    text -> !"".equals(text));

            login(browser, "viewer", "viewer-secret");
            browser.await(
                    "wall", LIMIT, "return document.querySelectorAll('hw-tile').length", DeskPageTest::isPositive);
            browser.run("location.hash = '#/cameras/yard?tab=rules'");
            browser.await(
                    "rules",
                    LIMIT,
                    "return document.querySelectorAll('hw-region-form').length",
                    DeskPageTest::isPositive);
            assertThat(browser.run("return document.querySelectorAll('.save, .draw-zones, .add-no-helmet').length"))
                    .isEqualTo(0L);

            browser.click(".account summary");
            browser.click(".logout");
            login(browser, "operator", "operator-secret");
            browser.await(
                    "rules", LIMIT, "return document.querySelectorAll('.draw-zones').length", DeskPageTest::isPositive);
            browser.run("location.hash = '#/setup'");
            browser.await(
                    "sentence",
                    LIMIT,
                    "return document.querySelector('hw-setup')?.textContent ?? ''",
                    text -> text.toString().contains("admin"));

            browser.click(".account summary");
            browser.click(".logout");
            login(browser, "admin", "admin-secret");
            browser.await(
                    "form",
                    LIMIT,
                    "return document.querySelectorAll('hw-setup form').length",
                    DeskPageTest::isPositive);
            browser.run("location.hash = '#/system'");
            browser.await(
                    "audit log",
                    LIMIT,
                    "return document.querySelector('hw-system')?.innerText ?? ''",
                    text -> text.toString().contains("operator"));
            checkThatAnIncidentEndsWhereItIsShown(browser);
        }
    }

    private static void checkThatAnIncidentEndsWhereItIsShown(Browser browser) {
        browser.run("location.hash = '#/incidents'");
        browser.await(
                "open incident",
                LIMIT,
                "return document.querySelector('.incident')?.textContent ?? ''",
                text -> text.toString().contains("open for"));
        browser.run(
                "fetch('/api/v1/streams/yard/restart', {method: 'POST', headers: {'content-type': 'application/json'}})");
        browser.await(
                "its end",
                LIMIT,
                "return document.querySelector('.incident')?.textContent ?? ''",
                text -> !text.toString().contains("open for"));
    }

    private static void login(Browser browser, String name, String password) {
        browser.type("input[name=username]", name);
        browser.type("input[name=password]", password);
        browser.click(".login button");
    }

    @Test
    void shouldShowSixteenCamerasAtOnce() throws Exception {
        Path clip = TestClips.cameraH264();
        String streams = IntStream.range(0, 16)
                .mapToObj(
                        i -> "{id: cam-" + i + ", url: '" + clip + "', realtime: true, loop: true, analyze-fps: 0.25}")
                .collect(Collectors.joining(", ", "[", "]"));
        try (DetectionService service = start("http: {port: 0}\nstreams: " + streams);
                Browser browser = Browser.open(1440, 900)) {
            browser.go(page(service));
            browser.await(
                    "sixteen live pictures",
                    Duration.ofSeconds(120),
                    "return document.querySelectorAll('hw-tile hw-live[data-state=live]').length",
                    count -> ((Number) count).intValue() == 16);
            browser.screenshot("sixteen");
        }
    }

    @Test
    void shouldNeverShowAFrozenPictureAsLive() throws Exception {
        try (RtspCamera camera = new RtspCamera();
                DetectionService service = start("http: {port: 0}\nstreams: [{id: gate, url: '" + camera.url()
                        + "', read-timeout: 2s, analyze-fps: 2}]");
                Browser browser = Browser.open(1440, 900)) {
            browser.go(page(service));
            awaitLive(browser, "hw-live");

            camera.kill();

            browser.await(
                    "words about the picture's age",
                    LIMIT,
                    "return document.querySelector('hw-live .note').textContent",
                    text -> text.toString().contains(" old"));
            assertThat(browser.run("return document.querySelector('hw-live').dataset.state"))
                    .isIn("stale", "offline");
            browser.screenshot("frozen");

            camera.start();

            awaitLive(browser, "hw-live");
            assertThat(browser.run("return document.querySelector('hw-live .note').textContent"))
                    .isEqualTo("");
        }
    }

    @Test
    void shouldShowScriptInLabelsAndFileNamesAsText() throws Exception {
        Path strange = folder.resolve("<img src=x onerror=window.ran=1>.mp4");
        Files.copy(CLIP, strange);
        String streams = "[{id: yard, url: '" + strange + "', realtime: true, loop: true, analyze-fps: 5}]";
        try (DetectionService service = start("http: {port: 0}\nmodel: {labels: ['" + SCRIPT + "', head]}\n"
                        + "incidents: {helmet-labels: ['" + SCRIPT + "']}\nstreams: " + streams);
                Browser browser = Browser.open(1440, 900)) {
            browser.go(page(service) + "#/cameras/yard");
            browser.await(
                    "label in the log",
                    LIMIT,
                    "return document.querySelector('hw-detection-log')?.textContent ?? ''",
                    text -> text.toString().contains("<script>"));
            browser.run("location.hash = '#/cameras'");
            browser.await(
                    "name of the file",
                    LIMIT,
                    "return document.querySelector('hw-cameras')?.textContent ?? ''",
                    text -> text.toString().contains("onerror"));

            assertThat(browser.run("return window.ran")).isNull();
            assertThat(browser.run("return document.querySelectorAll('img[src=x], main script').length"))
                    .isEqualTo(0L);
        }
    }

    private static boolean isPositive(Object count) {
        return ((Number) count).longValue() > 0;
    }
}
