package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The live picture of the page in a real browser, from the file to the pixel. */
@Timeout(300)
class LivePageTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int SAMPLES = 8;

    /** Looks at frames whose own boxes are drawn, and where the canvas is painted along the middle of the first box. */
    private static final String SAMPLE = """
        const wanted = arguments[0];
        const done = arguments[arguments.length - 1];
        const live = document.querySelector('hw-live');
        const seen = [];
        const until = performance.now() + 60000;
        const painted = (context, along, at, x, y) => {
          for (let distance = 0; distance < 12; distance++) {
            for (const way of [-1, 1]) {
              const px = along === 'x' ? Math.round(at) + way * distance : Math.round(x);
              const py = along === 'y' ? Math.round(at) + way * distance : Math.round(y);
              if (context.getImageData(px, py, 1, 1).data[3] > 0) {
                return distance;
              }
            }
          }
          return 12;
        };
        const look = () => {
          const drawn = live.drawn;
          if (live.mode === 'fmp4' && drawn && drawn.exact && drawn.boxes.length > 0
              && !seen.some((other) => other.t === drawn.t)) {
            const frame = live.data.at(drawn.epoch, drawn.t).frame;
            const canvas = live.overlay;
            const context = canvas.getContext('2d');
            const scale = Math.min(canvas.width / live.size.width, canvas.height / live.size.height)
                * live.size.width / frame.width;
            const left = (canvas.width - frame.width * scale) / 2;
            const top = (canvas.height - frame.height * scale) / 2;
            const box = drawn.boxes[0].box.map((value, i) => (i % 2 ? top : left) + value * scale);
            const x = (box[0] + box[2]) / 2;
            const y = (box[1] + box[3]) / 2;
            seen.push({
              t: drawn.t,
              frameT: frame.t,
              capturedAt: frame.capturedAt,
              boxes: drawn.boxes.map((each) => each.box),
              distances: [painted(context, 'x', box[0], x, y), painted(context, 'y', box[1], x, y),
                painted(context, 'x', box[2], x, y), painted(context, 'y', box[3], x, y)],
            });
          }
          if (seen.length >= wanted || performance.now() > until) {
            done({ seen });
          } else {
            requestAnimationFrame(look);
          }
        };
        requestAnimationFrame(look);
        """;

    @TempDir
    Path folder;

    private HelmwatchConfig config() {
        return ConfigLoader.parse("""
            kafka: {enabled: false}
            http: {port: 0}
            json-lines: {target: events.jsonl}
            streams:
              - id: yard
                url: %s
                realtime: true
                loop: true
                analyze-fps: 5
            """.formatted(CLIP), "site.yaml", folder, name -> null);
    }

    @Test
    void shouldPlayTheVideoAndDrawTheBoxesOfEachFrameOverThatFrame() throws Exception {
        try (DetectionService service = DetectionService.start(config(), MODEL, List.of(), FatalErrorHandler.LOG);
                Browser browser = Browser.open(1440, 900)) {
            InetSocketAddress address = service.httpAddress();
            assertThat(address).isNotNull();
            browser.go("http://127.0.0.1:" + address.getPort() + "/#/cameras/yard");
            browser.await(
                    "video as MP4",
                    Duration.ofSeconds(60),
                    "const live = document.querySelector('hw-live');return live && live.dataset.mode === 'fmp4' &&"
                            + " live.element.currentTime > 0 ? 'yes' : 'no'",
                    "yes"::equals);
            double time = number(browser.run("return document.querySelector('hw-live').element.currentTime"));
            double decoded = number(browser.run(
                    "return document.querySelector('hw-live').element.getVideoPlaybackQuality().totalVideoFrames"));

            Map<String, Object> result = browser.runUntilDone(SAMPLE, SAMPLES);

            assertThat(number(browser.run("return document.querySelector('hw-live').element.currentTime")))
                    .isGreaterThan(time + 0.5);
            assertThat(number(browser.run("return"
                            + " document.querySelector('hw-live').element.getVideoPlaybackQuality().totalVideoFrames")))
                    .isGreaterThan(decoded + 10);
            browser.screenshot("live");
            service.stop();
            checkSamples((List<?>) result.get("seen"));
        }
    }

    private void checkSamples(List<?> seen) throws Exception {
        Map<Instant, JsonNode> events = new HashMap<>();
        for (String line : Files.readAllLines(folder.resolve("events.jsonl"))) {
            JsonNode event = MAPPER.readTree(line);
            if (event.has("detections")) {
                events.put(Instant.parse(event.path("capturedAt").asText()), event);
            }
        }
        assertThat(seen).hasSizeGreaterThanOrEqualTo(SAMPLES);
        for (Object each : seen) {
            Map<?, ?> sample = (Map<?, ?>) each;
            assertThat(number(sample.get("t"))).isCloseTo(number(sample.get("frameT")), within(0.001));
            JsonNode event = events.get(Instant.parse(String.valueOf(sample.get("capturedAt"))));
            assertThat(event).as("event of %s", sample).isNotNull();
            List<?> boxes = (List<?>) sample.get("boxes");
            assertThat(boxes).hasSize(event.path("detections").size());
            for (int i = 0; i < boxes.size(); i++) {
                for (int side = 0; side < 4; side++) {
                    double drawn = number(((List<?>) boxes.get(i)).get(side));
                    assertThat(drawn)
                            .isCloseTo(
                                    event.path("detections")
                                            .path(i)
                                            .path("box")
                                            .path(side)
                                            .asDouble(),
                                    within(2.0));
                }
            }
            assertThat((List<?>) sample.get("distances"))
                    .as("pixels between the edges of the first box and what is painted")
                    .allSatisfy(distance -> assertThat(number(distance)).isLessThanOrEqualTo(2));
        }
    }

    private static double number(Object value) {
        return ((Number) value).doubleValue();
    }
}
