package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every page of the desk in a real browser, as people see and hear it. Screenshots are in {@code target/screenshots/look-…}: of pages with a problem,
 * with {@code -Dscreenshots=true} of all.
 */
@Timeout(300)
class PageLookTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final boolean IS_SHOWN = Boolean.getBoolean("screenshots");
    private static final List<String> PAGES = List.of(
            "wall",
            "incidents",
            "overview",
            "report",
            "cameras",
            "cameras/yard",
            "cameras/yard?tab=rules",
            "cameras/yard?tab=source",
            "cameras/yard?tab=health",
            "system",
            "notifications",
            "setup");

    /** Roles that are operated, and say nothing without a name. */
    private static final Set<String> NAMED = Set.of(
            "button",
            "link",
            "textbox",
            "searchbox",
            "combobox",
            "listbox",
            "checkbox",
            "radio",
            "slider",
            "spinbutton",
            "tab",
            "image",
            "DisclosureTriangle",
            "Date",
            "InputTime",
            "DateTime");

    /** Texts whose contrast to what is behind them is too small (WCAG 2.2, 1.4.3), as shown, with the opacity of their elements. */
    private static final String FAINT = """
        const parse = (text) => {
          const parts = text.match(/[\\d.]+/g).map(Number);
          const [r, g, b] = text.startsWith('color(') ? parts.slice(0, 3).map((part) => part * 255) : parts;
          return [r, g, b, parts[3] ?? 1];
        };
        const over = ([r, g, b, alpha], below) => [r, g, b].map((value, i) => value * alpha + below[i] * (1 - alpha));
        const luminance = (rgb) => rgb.map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
            .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
        const behind = (element) => {
          const layers = [];
          for (let each = element; each; each = each.parentElement) {
            const layer = parse(getComputedStyle(each).backgroundColor);
            layers.push(layer);
            if (layer[3] === 1) {
              break;
            }
          }
          return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
        };
        const faint = [];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const element = walker.currentNode.parentElement;
          const text = walker.currentNode.textContent.trim();
          if (!text || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
              || element.closest('svg, .hidden, :disabled')) {
            continue;
          }
          const style = getComputedStyle(element);
          let opacity = 1;
          for (let each = element; each; each = each.parentElement) {
            opacity *= Number(getComputedStyle(each).opacity);
          }
          const back = behind(element);
          const [r, g, b, alpha] = parse(style.color);
          const [low, high] = [luminance(over([r, g, b, alpha * opacity], back)), luminance(back)].sort((x, y) => x - y);
          const contrast = (high + 0.05) / (low + 0.05);
          const size = parseFloat(style.fontSize);
          const isLarge = size >= 24 || (size >= 18.6 && Number(style.fontWeight) >= 700);
          if (contrast < (isLarge ? 3 : 4.5)) {
            faint.push(`${text.slice(0, 40)} (${element.localName}.${element.className}): ${contrast.toFixed(2)}`);
          }
        }
        return faint;
        """;

    @TempDir
    Path folder;

    private HelmwatchConfig config() {
        return ConfigLoader.parse("""
            inference: {workers: 1}
            json-lines: {target: lines.jsonl}
            incidents: {snapshots: {enabled: true, directory: pictures}, clips: {enabled: true, directory: clips}}
            http: {port: 0, site: North yard}
            notify: [{name: guards, webhook: {url: 'http://127.0.0.1:1/', allow-local: true}}]
            streams:
              - id: yard
                url: %s
                realtime: true
                loop: true
                analyze-fps: 5
                zones: [{name: gate, polygon: [[0.05, 0.1], [0.95, 0.1], [0.95, 0.95], [0.05, 0.95]]}]
                rules: [{name: no-helmet, kind: no-helmet, zones: [gate]}, {name: crowd, kind: occupancy, more-than: 5}]
              - {id: crane, url: 'rtsp://127.0.0.1:1/live', rules: [{name: no-helmet, kind: no-helmet}]}
            """.formatted(CLIP), "site.yaml", folder, name -> null);
    }

    @Test
    void shouldBeReadableAndNamedAndFitOnEveryPageOnPhoneAndDesktopInLightAndDark() throws Exception {
        try (DetectionService service = DetectionService.start(config(), MODEL, List.of(), FatalErrorHandler.LOG);
                Browser browser = Browser.open(1440, 900)) {
            browser.go("http://127.0.0.1:" + service.httpAddress().getPort() + "/#/incidents");
            browser.await(
                    "incident", LIMIT, "return document.querySelectorAll('.item').length", PageLookTest::isPositive);
            browser.await(
                    "snapshot",
                    LIMIT,
                    "return document.querySelector('.incident img')?.naturalWidth ?? 0",
                    PageLookTest::isPositive);
            List<String> problems = new ArrayList<>();
            for (int width : new int[] {1440, 390}) {
                browser.screen(width, width == 390 ? 844 : 900);
                for (String page : PAGES) {
                    open(browser, page);
                    for (String theme : List.of("light", "dark")) {
                        browser.colours(theme);
                        String where = (width == 390 ? "phone" : "desktop") + "-" + page.replaceAll("[^a-z]+", "-")
                                + "-" + theme;
                        List<?> faint = (List<?>) browser.run(FAINT);
                        faint.forEach(text -> problems.add(where + ": faint: " + text));
                        if (IS_SHOWN || !faint.isEmpty()) {
                            browser.screenshot("look-" + where);
                        }
                    }
                    browser.unnamed(NAMED)
                            .forEach(control -> problems.add(width + " " + page + ": no name: " + control));
                    Object shownWidth = browser.run("return document.documentElement.scrollWidth");
                    if (((Number) shownWidth).intValue() > width) {
                        problems.add(page + " is " + shownWidth + " wide on a screen of " + width);
                    }
                }
            }
            assertThat(problems).isEmpty();
        }
    }

    /** What is written over a picture of that width with two heads that never move, a bare head and a helmet, and where. */
    private static final String LABELS = """
        const [width, done] = arguments;
        Promise.all([import('/live-picture.js'), import('/overlay.js')]).then(([{ drawnBoxes }, { clearCanvas, contain, drawBoxes }]) => {
          const canvas = document.createElement('canvas');
          canvas.style = `position: fixed; left: 0; top: 0; width: ${width}px; height: ${width * 9 / 16}px`;
          document.body.append(canvas);
          const { context, ...size } = clearCanvas(canvas);
          const labels = [];
          const fillText = context.fillText.bind(context);
          context.fillText = (text, x, y) => {
            fillText(text, x, y);
            const end = x + context.measureText(text).width;
            labels.push(x >= 0 && end <= size.width && y >= 0 && y <= size.height ? text : `${text} outside`);
          };
          const head = (left, kind, isStatic) => ({ box: [left, 300, left + 40, 350], label: kind, kind, confidence: 0.9, track: left, static: isStatic });
          const boxes = [head(1200, 'bare', true), head(600, 'bare', false), head(0, 'helmet', true), head(300, 'helmet', false)];
          drawBoxes(context, contain(size.width, size.height, 1280, 720), 1280, 720, drawnBoxes(boxes, (box) => box.label));
          canvas.remove();
          done({ labels });
        });
        """;

    @Test
    void shouldNumberTheHeadsThatNeverMoveOnPhonesToo() throws Exception {
        HelmwatchConfig config = ConfigLoader.parse(
                "json-lines: {target: lines.jsonl}\nhttp: {port: 0}\nstreams: []", "site.yaml", folder, name -> null);
        try (DetectionService service = DetectionService.start(config, MODEL, List.of(), FatalErrorHandler.LOG);
                Browser browser = Browser.open(390, 844)) {
            browser.go("http://127.0.0.1:" + service.httpAddress().getPort() + "/#/wall");

            assertThat(browser.runUntilDone(LABELS, 360).get("labels"))
                    .isEqualTo(List.of("\u25B2 bare", "\u25A1 2", "\u25A1 1"));
            assertThat(browser.runUntilDone(LABELS, 1280).get("labels"))
                    .isEqualTo(List.of(
                            "\u25B2 bare",
                            "\u25A1 never moves: head 2",
                            "\u25A1 never moves: head 1",
                            "\u25A3 helmet"));
        }
    }

    private static void open(Browser browser, String page) {
        browser.run("location.hash = '#/" + page + "'");
        browser.await(
                "words on " + page,
                LIMIT,
                "return document.querySelector('main').innerText.length",
                PageLookTest::isPositive);
        if (page.startsWith("wall") || page.startsWith("cameras/")) {
            browser.await(
                    "live picture on " + page,
                    LIMIT,
                    "return document.querySelectorAll('hw-live[data-state=live]').length",
                    PageLookTest::isPositive);
        }
    }

    private static boolean isPositive(Object count) {
        return ((Number) count).longValue() > 0;
    }
}
