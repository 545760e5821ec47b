package io.helmwatch.config.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.schema.RequestLimits;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamSettingsTest {
    private static final Path FOLDER = Path.of("/site");
    private static final RequestLimits LIMITS = new RequestLimits(List.of(), Set.of("GATE_PASSWORD"));

    private static StreamConfig read(String json) {
        return StreamSettings.read(
                json, FOLDER, name -> name.endsWith("_PASSWORD") ? "from-env" : null, List.of(), LIMITS);
    }

    private static List<Problem> problems(String json) {
        return catchThrowableOfType(ConfigException.class, () -> read(json)).problems();
    }

    @Test
    void shouldReadAnItemAsJsonWithItsPasswordAndWithoutVariables() {
        StreamConfig stream = read("""
                {"id":"gate","url":"rtsp://192.0.2.10/${HOME}","analyze-fps":5,
                 "credentials":{"username":"operator","password":"p@ss ${HOME}"},
                 "zones":[{"name":"pit","polygon":[[0,0],[1,0],[1,1]]}],
                 "rules":[{"name":"bare","kind":"no-helmet","zones":["pit"],"at-least":"3s"}]}""");
        assertThat(stream.url()).isEqualTo("rtsp://192.0.2.10/${HOME}");
        assertThat(stream.credentials().password().reveal()).isEqualTo("p@ss ${HOME}");
        assertThat(stream.rules().rules().get(0).zones()).containsExactly("pit");
        assertThat(read("""
                        {"id":"gate","url":"rtsp://c/1","credentials":{"username":"u","password-env":"GATE_PASSWORD"}}""").credentials().password().reveal()).isEqualTo("from-env");
    }

    @Test
    void shouldNameProblemsByTheKeyPathWithinTheItem() {
        List<Problem> problems = problems("""
                {"id":"gate","url":"rtsp://c/1","analyze-fps":-2,"analise":1,
                 "zones":[{"name":"pit","polygon":[[0,0],[1,0]]}],
                 "rules":[{"name":"bare","kind":"no-helmet","zones":["pitt"]}]}""");
        assertThat(problems)
                .extracting(Problem::where)
                .containsExactlyInAnyOrder("analyze-fps=-2", "analise", "zones[0].polygon", "rules[0].zones");
        assertThat(problems).anySatisfy(problem -> assertThat(problem.rule()).contains("did you mean 'pit'"));
        assertThat(problems("{\"url\":\"rtsp://c/1\"}"))
                .extracting(Problem::where)
                .containsExactly("id");
        assertThat(problems("{\"id\":\"a\",\"url\":\"rtsp://c/1\",\"credentials\":{\"username\":\"u\"}}"))
                .extracting(Problem::rule)
                .containsExactly("missing: expected password or password-env");
        assertThat(
                        problems(
                                "{\"id\":\"a\",\"url\":\"rtsp://c/1\",\"credentials\":{\"username\":\"u\",\"password\":\"x1\",\"password-env\":\"A\"}}"))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.rule()).contains("excludes password-env");
                    assertThat(problem.toString()).doesNotContain("x1");
                });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "url":"/etc/passwd"                                                                                 | url         | local-folders
            "url":"file:///etc/passwd"                                                                          | url         | local-folders
            "url":"../etc/passwd"                                                                               | url         | local-folders
            "url":"rtsps://c/1","tls-ca-file":"/etc/passwd"                                                     | tls-ca-file | local-folders
            "url":"rtsp://c/1","credentials":{"username":"u","password-file":"/etc/passwd"}                     | credentials.password-file | configuration file only
            "url":"rtsp://c/1","credentials":{"username":"u","password-env":"KAFKA_PASSWORD"}                   | credentials.password-env  | password-variables
            "url":"rtsp://c/1","credentials":{"username-env":"KAFKA_PASSWORD","password-env":"GATE_PASSWORD"}   | credentials.username-env  | password-variables
            """)
    void shouldRefuseSettingsThatNameFilesOrVariablesOfTheMachine(String settings, String key, String rule) {
        List<Problem> problems = problems("{\"id\":\"a\"," + settings + "}");
        assertThat(problems).singleElement().satisfies(problem -> {
            assertThat(problem.where()).startsWith(key);
            assertThat(problem.rule()).contains(rule);
        });
    }

    @Test
    void shouldReadFilesBelowTheAllowedFoldersAndNotThroughTheirLinks(@TempDir Path folder) throws IOException {
        Path allowed = Files.createDirectory(folder.resolve("clips"));
        Path clip = Files.createFile(allowed.resolve("yard.mp4"));
        Path secret = Files.createFile(folder.resolve("secret"));
        Files.createSymbolicLink(allowed.resolve("link"), secret);
        RequestLimits limits = new RequestLimits(List.of(allowed), Set.of());
        assertThat(StreamSettings.read(
                                "{\"id\":\"a\",\"url\":\"" + clip + "\"}", FOLDER, name -> null, List.of(), limits)
                        .url())
                .isEqualTo(clip.toString());
        for (String outside : List.of("clips/link", "clips/../secret", "clips-of-others", "none")) {
            String settings = "{\"id\":\"a\",\"url\":\"" + outside + "\"}";
            assertThat(catchThrowableOfType(
                                    ConfigException.class,
                                    () -> StreamSettings.read(settings, folder, name -> null, List.of(), limits))
                            .problems())
                    .as(outside)
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.rule()).contains("local-folders"));
        }
    }

    @Test
    void shouldShowWhatDiffersFromTheDefaultsWithoutSecrets() {
        StreamConfig stream = read("""
                {"id":"gate","url":"rtsp://192.0.2.10/1","analyze-fps":2.5,"credentials":{"username":"operator","password":"hidden-word"},
                 "zones":[{"name":"12","polygon":[[0,0],[1,0],[1,0.5]]}],
                 "rules":[{"name":"crowd","kind":"occupancy","more-than":3,"zones":["12"],"schedule":{"time-zone":"UTC","from":"22:00","to":"06:00"}}]}""");
        Map<String, Object> values = StreamSettings.values(stream);
        assertThat(values)
                .containsEntry("id", "gate")
                .containsEntry("url", "rtsp://192.0.2.10/1")
                .containsKeys("analyze-fps", "credentials", "zones", "rules")
                .doesNotContainKeys("transport", "loop", "masks");
        assertThat(values.get("analyze-fps")).isEqualTo(new BigDecimal("2.5"));
        assertThat(((Map<?, ?>) ((List<?>) values.get("zones")).get(0)).get("name"))
                .isEqualTo("12");
        assertThat(values.toString())
                .contains("22:00", "polygon=[[0, 0], [1, 0], [1, 0.5]]")
                .doesNotContain("hidden-word");
        String regions = StreamSettings.regions(stream);
        assertThat(regions)
                .contains("zones:", "polygon: [[0, 0], [1, 0], [1, 0.5]]", "kind: occupancy")
                .doesNotContain("url");
        assertThat(read("{\"id\":\"gate\",\"url\":\"rtsp://192.0.2.10/1\"}").rules())
                .isNotEqualTo(stream.rules());
        StreamConfig again =
                StreamSettings.read("id: gate\nurl: rtsp://c/1\n" + regions, FOLDER, name -> null, List.of(), LIMITS);
        assertThat(again.rules()).isEqualTo(stream.rules());
    }
}
