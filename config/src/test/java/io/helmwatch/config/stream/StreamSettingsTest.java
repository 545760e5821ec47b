package io.helmwatch.config.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StreamSettingsTest {
    private static final Path FOLDER = Path.of("/site");

    private static StreamConfig read(String json) {
        return StreamSettings.read(json, FOLDER, name -> name.equals("GATE_PASSWORD") ? "from-env" : null, List.of());
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
                .containsExactly("missing: expected password, password-env or password-file");
        assertThat(
                        problems(
                                "{\"id\":\"a\",\"url\":\"rtsp://c/1\",\"credentials\":{\"username\":\"u\",\"password\":\"x1\",\"password-env\":\"A\"}}"))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.rule()).contains("excludes password-env");
                    assertThat(problem.toString()).doesNotContain("x1");
                });
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
                StreamSettings.read("id: gate\nurl: rtsp://c/1\n" + regions, FOLDER, name -> null, List.of());
        assertThat(again.rules()).isEqualTo(stream.rules());
    }
}
