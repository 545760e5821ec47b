package io.helmwatch.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.IncidentsSection;
import io.helmwatch.config.inference.GpuSection;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.inference.ModelSection;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.schema.SectionList;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.stream.StreamConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Compares the documents with the declared keys. With {@code -Dhelmwatch.documents=write} it writes them instead: the one
 * command that regenerates them.
 */
class DocumentsTest {
    private static final Path DOCS = Path.of(System.getProperty("helmwatch.home"), "docs");
    private static final Path EXAMPLE = DOCS.resolve("helmwatch.example.yaml");
    private static final Path PAGE = DOCS.resolve("configuration.md");
    private static final String START = "<!-- start of the generated tables -->\n";
    private static final String END = "<!-- end of the generated tables -->\n";
    private static final String HOW = "the declared keys have changed: run"
            + " './mvnw -pl config -am test -Dtest=DocumentsTest -Dsurefire.failIfNoSpecifiedTests=false"
            + " -Dhelmwatch.documents=write' and commit %s";
    private static final boolean WRITE = "write".equals(System.getProperty("helmwatch.documents"));

    private static final String HASH = "pbkdf2-sha256:600000:" + "s".repeat(22) + ":" + "h".repeat(43);

    private static final Map<String, String> ENVIRONMENT = Map.of(
            "GATE3_PASSWORD",
            "s3cr3t-gate",
            "KAFKA_PASSWORD",
            "s3cr3t-kafka",
            "HELMWATCH_KIM_HASH",
            HASH,
            "HELMWATCH_SCRAPER_TOKEN",
            "s3cr3t-0123456789abcdef0123");

    private static void compare(Path document, String expected) throws IOException {
        if (WRITE) {
            Files.writeString(document, expected);
        }
        assertThat(Files.readString(document))
                .as(String.format(HOW, "docs/" + document.getFileName()))
                .isEqualTo(expected);
    }

    @Test
    void shouldHaveTheDeclaredKeysInTheExample() throws IOException {
        compare(EXAMPLE, ConfigText.example());
    }

    @Test
    void shouldHaveTheDeclaredKeysInTheTables() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(page).contains(START, END);
        String before = page.substring(0, page.indexOf(START) + START.length());
        String after = page.substring(page.indexOf(END));
        compare(PAGE, before + "\n" + ConfigText.keyTables() + "\n" + after);
    }

    @Test
    void shouldLinkToHeadingsThatExist() throws IOException {
        Matcher links = Pattern.compile("]\\(([a-z.]*)(?:#([a-z0-9-]+))?\\)").matcher(Files.readString(PAGE));
        while (links.find()) {
            Path target = links.group(1).isEmpty() ? PAGE : DOCS.resolve(links.group(1));
            assertThat(target).exists();
            if (links.group(2) != null) {
                assertThat(headings(target)).as("headings of " + target).contains(links.group(2));
            }
        }
    }

    /** Anchors of a page, as GitHub makes them. */
    private static List<String> headings(Path page) throws IOException {
        return Files.readString(page)
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .toList();
    }

    @Test
    void shouldLoadTheExampleAsDefaults() {
        HelmwatchConfig config = ConfigLoader.load(EXAMPLE, ENVIRONMENT::get);
        assertThat(config.model()).isEqualTo(ModelConfig.DEFAULT);
        StreamConfig gate = config.streams().get(0);
        assertThat(gate)
                .usingRecursiveComparison()
                .ignoringFields("credentials", "rules")
                .isEqualTo(StreamConfig.of("gate-3", "rtsp://192.0.2.10:554/stream1"));
        StreamConfig clip = config.streams().get(1);
        assertThat(clip).isEqualTo(StreamConfig.of("yard-clip", clip.url()));
        assertThat(gate.rules().rules().get(0))
                .usingRecursiveComparison()
                .ignoringFields("schedule")
                .isEqualTo(RuleConfig.of("no-helmet-in-pit", RuleConfig.Kind.NO_HELMET, List.of("pit"), 0));
    }

    @Test
    void shouldShowEveryKeyInForceWithoutSecrets() {
        HelmwatchConfig config = ConfigLoader.load(EXAMPLE, ENVIRONMENT::get);
        String text = ConfigText.valuesInForce(config);
        assertThat(text)
                .doesNotContain("s3cr3t", "operator", "ScramLoginModule", "SASL_SSL")
                .contains("password-env: '***'", "sasl.jaas.config: '***'", "device:  # chosen");
        assertThat(config.toString()).doesNotContain("s3cr3t", "operator", "ScramLoginModule");
        SectionSpec<?> rules = items(items(TopSection.SPEC, "streams"), "rules");
        for (SectionSpec<?> spec : List.of(ModelSection.SPEC, GpuSection.SPEC, IncidentsSection.SPEC, rules)) {
            spec.entries().forEach(entry -> assertThat(text).contains(" " + entry.name() + ":"));
        }
    }

    /** What the items of a list hold. */
    private static SectionSpec<?> items(SectionSpec<?> outer, String list) {
        return outer.entries().stream()
                .filter(entry -> entry.name().equals(list))
                .<SectionSpec<?>>map(entry -> ((SectionList<?, ?>) entry).spec())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldReadTheValuesInForceAsTheSameConfiguration() throws IOException {
        HelmwatchConfig config = ConfigLoader.parse("""
                backend: cpu
                model: {labels: ['a, b', "it's", 'x: y', '- z', 'null'], letterbox-anchor: top-left}
                gpu: {devices: [1, 0], int8: {keep-fp16: ['head*']}}
                kafka: {embedded: true}
                json-lines: {target: '-'}
                streams:
                  - {id: clip, url: ., loop: true, pixel-aspect: '16:11', min-box: 9}
                  - id: gate
                    url: http://192.0.2.1/a?b=c,d
                    allowed-hosts: ['[2001:db8::1]:80']
                    poll: 1500ms
                    zones: [{name: pit, polygon: [[0, 0.5], [1, 0.5], [1, 1]]}]
                    masks: [{polygon: [[0, 0], [0.2, 0], [0.2, 0.1]]}]
                    rules:
                      - {name: crowd, kind: occupancy, zones: [pit], more-than: 5,
                         schedule: {time-zone: UTC, days: [sat, sun], from: "22:00", to: "05:00"}}
                      - {name: pair, kind: occupancy, fewer-than: 2}
                      - {name: bare, kind: no-helmet}
                incidents: {snapshots: {url-prefix: "https://e.example/${x}#"}}
                """.replace("${x}", "$${x}"), "first.yaml", DOCS, name -> null);
        String text = ConfigText.valuesInForce(config);
        assertThat(ConfigLoader.parse(text, "again.yaml", DOCS, name -> null))
                .as(text)
                .isEqualTo(config);
    }
}
