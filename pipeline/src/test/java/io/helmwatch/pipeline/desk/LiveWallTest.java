package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Live pictures of the wall in a real browser while cameras come and go, and of streams whose video may not leave as it is. */
@Timeout(300)
class LiveWallTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");

    @TempDir
    Path folder;

    /** The picture of a stream on the wall. */
    private static String picture(String stream) {
        return "[...document.querySelectorAll('hw-live')].find((live) => live.stream === '" + stream + "')";
    }

    @Test
    void shouldFollowACameraThatDiesAndComesBackAndShowMaskedOnesAsStillFrames() {
        try (RtspCamera camera = new RtspCamera()) {
            HelmwatchConfig config =
                    ConfigLoader.parse("""
                        kafka: {enabled: false}
                        http: {port: 0}
                        json-lines: {target: events.jsonl}
                        streams:
                          - {id: gate, url: "%s", analyze-fps: 2, read-timeout: 2s}
                          - id: hidden
                            url: %s
                            realtime: true
                            loop: true
                            analyze-fps: 2
                            masks:
                              - polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
                        """.formatted(camera.url(), CLIP), "site.yaml", folder, name -> null);
            try (DetectionService service = DetectionService.start(config, MODEL, List.of(), FatalErrorHandler.LOG);
                    Browser browser = Browser.open(390, 844)) {
                InetSocketAddress address = service.httpAddress();
                assertThat(address).isNotNull();
                browser.go("http://127.0.0.1:" + address.getPort() + "/#/wall");
                Duration limit = Duration.ofSeconds(60);
                String playing = "const live = " + picture("gate")
                        + "; return live && live.dataset.mode === 'fmp4' && live.dataset.state === 'live'"
                        + " ? live.element.currentTime : 0";
                browser.await("video of the camera", limit, playing, time -> number(time) > 0);
                browser.await(
                        "still frames of the masked stream",
                        limit,
                        "const live = " + picture("hidden")
                                + "; if (!live || live.dataset.mode !== 'jpeg' || live.dataset.state !== 'live')"
                                + " return 'no';const pixels = live.picture.getContext('2d');const at = (x) =>"
                                + " pixels.getImageData(live.picture.width * x, live.picture.height / 2, 1,"
                                + " 1).data;return at(0.25)[1] < 12 && at(0.45)[1] < 12 && [0.6, 0.7, 0.8,"
                                + " 0.9].some((x) => at(x)[1] > 40) ? 'masked' : 'open'",
                        "masked"::equals);
                browser.screenshot("live-phone");
                camera.kill();
                browser.await(
                        "that the picture is not called live",
                        limit,
                        "return " + picture("gate") + ".dataset.state",
                        state -> !state.equals("live"));
                browser.screenshot("live-camera-away");
                camera.start();
                browser.await("video after the camera is back", limit, playing, time -> number(time) > 0);
                service.stop();
            }
        }
    }

    private static double number(Object value) {
        return ((Number) value).doubleValue();
    }
}
