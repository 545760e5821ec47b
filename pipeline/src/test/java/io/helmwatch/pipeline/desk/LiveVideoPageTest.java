package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.ingest.ffmpeg.TestClips;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Live video of other codecs, of rare key frames, and how late it is, in a real browser. */
@Timeout(300)
class LiveVideoPageTest {
    private static final Path MODEL = Path.of(System.getProperty("helmwatch.home"), "models/helmet-yolov5n.onnx");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String MODE = "return document.querySelector('hw-live')?.dataset.mode ?? 'none'";
    private static final String SHOWN = "const live = document.querySelector('hw-live');"
            + " return live?.dataset.state === 'live' ? performance.now() : 0";
    private static final int FRAMES = 40;

    /** Milliseconds from the capture of a frame to its presentation, of frames whose analysis is known when they are shown. */
    private static final String DELAYS = """
        const [wanted, done] = arguments;
        const live = document.querySelector('hw-live');
        const delays = [];
        const look = (_now, shown) => {
          const found = live.data.at(live.epoch, shown.mediaTime);
          if (found?.exact) {
            delays.push(performance.timeOrigin + shown.expectedDisplayTime - Date.parse(found.frame.capturedAt));
          }
          if (delays.length < wanted) {
            live.element.requestVideoFrameCallback(look);
          } else {
            done({ delays });
          }
        };
        live.element.requestVideoFrameCallback(look);
        """;

    @TempDir
    Path folder;

    private DetectionService start(String stream) {
        return DetectionService.start(
                ConfigLoader.parse(
                        "json-lines: {target: lines.jsonl}\ninference: {workers: 1}\nhttp: {port: 0}\nstreams: ["
                                + stream + "]",
                        "site.yaml",
                        folder,
                        name -> null),
                MODEL,
                List.of(),
                FatalErrorHandler.LOG);
    }

    private static String page(DetectionService service) {
        return "http://127.0.0.1:" + service.httpAddress().getPort() + "/#/cameras/gate";
    }

    private static double awaitShown(Browser browser) {
        return ((Number) browser.await("live picture", LIMIT, SHOWN, time -> ((Number) time).doubleValue() > 0))
                        .doubleValue()
                / 1000;
    }

    @Test
    void shouldShowStillFramesWhereTheBrowserDoesNotPlayTheCodec() {
        Path clip = Path.of(System.getProperty("helmwatch.data", "absent"), "clips/hevc.mp4");
        assumeTrue(Files.exists(clip), "skipped: the clips of others are not here: " + clip);
        try (DetectionService service =
                        start("{id: gate, url: '" + clip + "', realtime: true, loop: true, analyze-fps: 5}");
                Browser browser = Browser.open(1440, 900)) {
            browser.go(page(service));
            Object plays = browser.run(
                    "return MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L120.B0\"') ? 'fmp4' : 'jpeg'");

            awaitShown(browser);

            browser.await("how it is shown", LIMIT, MODE, plays::equals);
            browser.await(
                    "frames that change",
                    LIMIT,
                    "return document.querySelector('hw-live').jpegs",
                    count -> plays.equals("fmp4") || ((Number) count).intValue() > 5);
            browser.screenshot("live-hevc");
        }
    }

    @Test
    void shouldShowAPictureAtOnceThoughKeyFramesAreTenSecondsApart() {
        Path clip = TestClips.make(
                "rare-key-frames.h264",
                "-i testsrc2=size=640x360:rate=25 -frames:v 250 -c:v libopenh264 -b 800k -g 250 -bf 0 -pix_fmt yuv420p");
        try (RtspCamera camera = RtspCamera.playing(clip);
                DetectionService service = start("{id: gate, url: '" + camera.url() + "', analyze-fps: 5}");
                Browser first = Browser.open(1440, 900)) {
            first.go(page(service));
            double firstPicture = awaitShown(first);
            first.await("video of the first viewer", LIMIT, MODE, "fmp4"::equals);
            double firstVideo = ((Number) first.run("return performance.now()")).doubleValue() / 1000;
            awaitShown(first);
            try (Browser second = Browser.open(1440, 900)) {
                second.go(page(service));
                second.await("video of the second viewer", LIMIT, MODE, "fmp4"::equals);
                double secondVideo = awaitShown(second);
                System.out.printf(
                        Locale.ROOT,
                        "key frames 10 s apart: first viewer sees frames after %.1f s, video after %.1f s; who joins sees video"
                                + " after %.1f s%n",
                        firstPicture,
                        firstVideo,
                        secondVideo);
                assertThat(firstVideo).isLessThan(20);
                assertThat(secondVideo)
                        .as("who joins does not wait for the next key frame")
                        .isLessThan(9);
            }
        }
    }

    @Test
    void shouldShowFramesSoonAfterTheirCapture() {
        Path clip = TestClips.make(
                "camera-1080p.h264",
                "-i testsrc2=size=1920x1080:rate=25 -frames:v 100 -c:v libopenh264 -b 4M -g 50 -bf 0 -pix_fmt yuv420p");
        try (RtspCamera camera = RtspCamera.playing(clip);
                DetectionService service = start("{id: gate, url: '" + camera.url() + "', analyze-fps: 5}");
                Browser browser = Browser.open(1440, 900)) {
            browser.go(page(service));
            browser.await("video", LIMIT, MODE, "fmp4"::equals);
            awaitShown(browser);

            Map<String, Object> measured = browser.runUntilDone(DELAYS, FRAMES);

            double[] delays = ((List<?>) measured.get("delays"))
                    .stream()
                            .mapToDouble(delay -> ((Number) delay).doubleValue())
                            .sorted()
                            .toArray();
            System.out.printf(
                    Locale.ROOT,
                    "1080p, capture to presentation of %d analysed frames: p50 %.0f ms, p95 %.0f ms, longest %.0f ms%n",
                    delays.length,
                    delays[delays.length / 2],
                    delays[delays.length * 95 / 100],
                    delays[delays.length - 1]);
            assertThat(delays[0]).as("ms; the clock is the same").isPositive();
            assertThat(delays[delays.length / 2]).isLessThan(3_000);
        }
    }
}
