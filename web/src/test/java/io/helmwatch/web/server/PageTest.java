package io.helmwatch.web.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.web.api.Reply;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files of the page: what they weigh, and that texts of cameras and people can only become text. */
class PageTest {
    private static final int MAX_BYTES = 250_000;
    private static final Pattern LIBRARY = Pattern.compile("'(/lib/[^']+)'");
    private static final Pattern IMPORT = Pattern.compile("(?:from|import)\\s*[\"']([^\"']+)[\"']");
    private static final Pattern TEXT_AS_CODE = Pattern.compile(
            "innerHTML|outerHTML|insertAdjacentHTML|unsafeHTML|unsafeSVG|unsafeStatic|document\\.write|\\beval\\(|new Function|srcdoc|javascript:");
    private static final Pattern INLINE = Pattern.compile("\\s(?:style|on[a-z]+)=[\"'$]");

    private final PageFiles files = new PageFiles();

    @Test
    void shouldWeighLessThan250KilobytesWithItsLibraries() throws Exception {
        TreeSet<String> paths = new TreeSet<>();
        for (Path file : sources()) {
            paths.add("/" + file.getFileName());
            LIBRARY.matcher(Files.readString(file)).results().forEach(match -> paths.add(match.group(1)));
        }
        for (String path : List.copyOf(paths)) {
            if (path.startsWith("/lib/") && path.endsWith(".js")) {
                addImports(path, paths);
            }
        }

        int bytes = 0;
        for (String path : paths) {
            bytes += sent(path).body().length;
        }

        assertThat(paths)
                .contains("/index.html", "/desk.js", "/lib/lit-html/lit-html.js", "/lib/uplot/uPlot.iife.min.js");
        assertThat(bytes).isBetween(MAX_BYTES / 10, MAX_BYTES);
    }

    /** A module that a library's module imports. */
    private void addImports(String path, TreeSet<String> paths) {
        String module = new String(files.find(path, null, null).orElseThrow().body(), StandardCharsets.UTF_8);
        IMPORT.matcher(module).results().forEach(match -> {
            String imported =
                    Path.of(path).resolveSibling(match.group(1)).normalize().toString();
            if (paths.add(imported)) {
                addImports(imported, paths);
            }
        });
    }

    private Reply sent(String path) {
        return files.find(path, null, "gzip").orElseThrow(() -> new AssertionError("there is no " + path));
    }

    @Test
    void shouldInsertTextsOnlyAsTextNodes() throws Exception {
        for (Path file : sources()) {
            assertThat(TEXT_AS_CODE.matcher(Files.readString(file)).find())
                    .as("%s turns text into markup or code", file.getFileName())
                    .isFalse();
        }
    }

    @Test
    void shouldHaveNoStyleOrHandlerThatTheContentSecurityPolicyForbids() throws Exception {
        for (Path file : sources()) {
            assertThat(INLINE.matcher(Files.readString(file)).find())
                    .as("%s has a style or handler as an attribute", file.getFileName())
                    .isFalse();
        }
    }

    private static List<Path> sources() throws IOException, URISyntaxException {
        Path folder = Path.of(Objects.requireNonNull(PageTest.class.getResource("/io/helmwatch/web/page"))
                .toURI());
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted().toList();
        }
    }
}
