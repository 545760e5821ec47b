package io.helmwatch.pipeline.desk;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;

/** Debian's Chromium without a window and with an empty profile. Tests that open it are skipped where it is not installed. */
final class Browser implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final Duration SHOWN_WITHIN = Duration.ofSeconds(30);
    private static final int DRAG_STEPS = 8;
    private static final int SHOWN_CHARACTERS = 2_000;

    private final Path profile;
    private final ChromeDriver driver;

    private Browser(Path profile, ChromeDriver driver) {
        this.profile = profile;
        this.driver = driver;
    }

    static Browser open(int width, int height) {
        assumeTrue(
                Files.isExecutable(PROGRAM) && Files.isExecutable(DRIVER),
                "skipped: Debian's packages chromium and chromium-driver are not installed");
        Path profile;
        try {
            profile = Files.createTempDirectory("helmwatch-browser");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ChromeOptions options = new ChromeOptions();
        options.setBinary(PROGRAM.toString());
        options.addArguments(
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--user-data-dir=" + profile);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build();
        ChromeDriver driver = new ChromeDriver(service, options);
        driver.manage().timeouts().scriptTimeout(Duration.ofSeconds(90));
        Browser browser = new Browser(profile, driver);
        browser.screen(width, height);
        return browser;
    }

    /** Size of what the page sees, also below the smallest size of a window. */
    void screen(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    }

    /** Colours that the system asks for: light or dark. */
    void colours(String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    void go(String url) {
        driver.get(url);
    }

    /** What a script returns; scripts end with {@code return}. */
    Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** What a script passes to its last argument. */
    @SuppressWarnings("unchecked")
    Map<String, Object> runUntilDone(String script, Object... arguments) {
        return (Map<String, Object>) driver.executeAsyncScript(script, arguments);
    }

    /** Waits until a script's value fulfils a condition; fails with a screenshot and the value when it does not in time. */
    Object await(String what, Duration limit, String script, Predicate<Object> condition) {
        long until = System.nanoTime() + limit.toNanos();
        while (true) {
            Object value = run(script);
            if (value != null && condition.test(value)) {
                return value;
            }
            if (System.nanoTime() > until) {
                screenshot("failed");
                throw new AssertionError("not within " + limit + ": " + what + "; found " + value + "; page says "
                        + run("return document.body.innerText.slice(0, " + SHOWN_CHARACTERS + ")"));
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    String text(String selector) {
        return shown(selector).getText();
    }

    void click(String selector) {
        shown(selector).click();
    }

    /** Replaces the text of an input. */
    void type(String selector, String text) {
        WebElement input = shown(selector);
        input.clear();
        input.sendKeys(text);
    }

    /** Drags the mouse with its button pressed; places are fractions of the element's width and height. */
    void drag(String selector, double fromX, double fromY, double toX, double toY) {
        WebElement element = shown(selector);
        int width = element.getSize().getWidth();
        int height = element.getSize().getHeight();
        Actions actions = new Actions(driver).moveToElement(element, offset(width, fromX), offset(height, fromY));
        actions.clickAndHold();
        for (int step = 1; step <= DRAG_STEPS; step++) {
            double x = fromX + (toX - fromX) * step / DRAG_STEPS;
            double y = fromY + (toY - fromY) * step / DRAG_STEPS;
            actions.moveToElement(element, offset(width, x), offset(height, y));
        }
        actions.release().perform();
    }

    /** Pixels from the centre. */
    private static int offset(int length, double fraction) {
        return (int) Math.round(length * (fraction - 0.5));
    }

    private WebElement shown(String selector) {
        await(
                selector + " shown",
                SHOWN_WITHIN,
                "return document.querySelector(\"" + selector + "\")?.getClientRects().length ?? 0",
                count -> ((Number) count).longValue() > 0);
        return driver.findElement(By.cssSelector(selector));
    }

    /** Writes {@code target/screenshots/NAME.png}. */
    void screenshot(String name) {
        try {
            Files.createDirectories(SCREENSHOTS);
            Files.write(SCREENSHOTS.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Roles and HTML of the elements of some roles that have no accessible name, as screen readers learn of them. */
    @SuppressWarnings("unchecked")
    List<String> unnamed(Set<String> roles) {
        List<Map<String, Object>> nodes =
                (List<Map<String, Object>>) driver.executeCdpCommand("Accessibility.getFullAXTree", Map.of())
                        .get("nodes");
        return nodes.stream()
                .filter(node -> !Boolean.TRUE.equals(node.get("ignored")))
                .filter(node -> roles.contains(value(node, "role")))
                .filter(node -> value(node, "name").isBlank())
                .map(node -> value(node, "role") + " " + html(node.get("backendDOMNodeId")))
                .toList();
    }

    private static String value(Map<String, Object> node, String property) {
        return node.get(property) instanceof Map<?, ?> given ? String.valueOf(given.get("value")) : "";
    }

    private Object html(Object node) {
        return driver.executeCdpCommand("DOM.getOuterHTML", Map.of("backendNodeId", node))
                .get("outerHTML");
    }

    @Override
    public void close() {
        driver.quit();
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> {
                if (!file.delete()) {
                    file.deleteOnExit();
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
