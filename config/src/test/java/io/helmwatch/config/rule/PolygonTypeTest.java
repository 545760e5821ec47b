package io.helmwatch.config.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.yaml.ConfigException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolygonTypeTest {

    private static List<ZoneConfig.Point> read(String polygon) {
        String yaml = "json-lines: {target: '-'}\nstreams: [{id: a, url: 'rtsp://c/1', zones: [{name: z, polygon: "
                + polygon + "}]}]\n";
        return ConfigLoader.parse(yaml, "site.yaml", Path.of("/"), name -> null)
                .streams()
                .get(0)
                .rules()
                .zones()
                .get(0)
                .polygon();
    }

    private static String problem(String polygon) {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> read(polygon));
        assertThat(refused).as("accepted: " + polygon).isNotNull();
        assertThat(refused.problems()).hasSize(1);
        return refused.getMessage();
    }

    /** Corners on a circle. */
    private static String circle(int corners) {
        return IntStream.range(0, corners)
                .mapToObj(i -> 2 * Math.PI * i / corners)
                .map(angle -> "[" + (0.5 + 0.4 * Math.cos(angle)) + ", " + (0.5 + 0.4 * Math.sin(angle)) + "]")
                .collect(Collectors.joining(", ", "[", "]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[[0, 0], [1, 0], [1, 1]]",
                "[[1, 1], [1, 0], [0, 0]]",
                "[[0, 0], [1, 0], [1, 1], [0, 1]]",
                "[[0, 0], [1, 0], [0.5, 0.2], [0.5, 1]]",
                "[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]",
                "[[0.1, 0.1], [0.102, 0.1], [0.102, 0.102]]"
            })
    void shouldAcceptOutlines(String polygon) {
        assertThat(read(polygon)).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void shouldCountCorners() {
        assertThat(read(circle(3))).hasSize(3);
        assertThat(read(circle(64))).hasSize(64);
        assertThat(problem("[[0, 0], [1, 0]]")).contains("3 to 64 corners", "has 2");
        assertThat(problem(circle(65))).contains("3 to 64 corners", "has 65");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [[0, 0], [1, 1], [1, 0], [0, 1]]                     | cross itself
            [[0, 0], [0, 1], [1, 0], [1, 1]]                     | cross itself
            [[0, 0], [1, 0], [1, 1], [0.5, -0], [0.5, 0.5], [0.9, 0.1], [0.2, 0.9]] | cross itself
            [[0, 0], [0.5, 0.5], [1, 1]]                         | on a line
            [[0.1, 0.1], [0.101, 0.1], [0.101, 0.101]]           | on a line
            [[0, 0], [0, 0], [0, 0]]                             | on a line
            """)
    void shouldRefuseWhatIsNoOutline(String polygon, String fact) {
        assertThat(problem(polygon)).contains(fact);
    }

    @ParameterizedTest
    @CsvSource({
        "'[1.0001, 0]', false",
        "'[0, -0.0001]', false",
        "'[1.99, 0]', false",
        "'[2, 0]', true",
        "'[0, 2]', true",
        "'[0.5, 480]', true"
    })
    void shouldAdviseToDivideWherePixelsAreMeant(String corner, boolean isAdvised) {
        String problem = problem("[[0, 0], [1, 0], " + corner + "]");
        assertThat(problem).contains("polygon[2]", "but is " + corner);
        assertThat(problem.contains("divide pixels")).isEqualTo(isAdvised);
    }

    /** A corner on another side, two corners in one place: the outline touches itself, the area is still one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "[[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]]",
                "[[0, 0], [1, 0], [0.5, 0.5], [1, 1], [0, 1], [0.5, 0.5]]",
                "[[0.5, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]]"
            })
    void shouldAcceptAnOutlineThatTouchesItself(String polygon) {
        assertThat(read(polygon)).hasSizeGreaterThanOrEqualTo(5);
    }

    @Test
    void shouldNoticeThatTheLastSideCrossesAnother() {
        assertThat(problem("[[0.2, 0.5], [0.8, 0.5], [0.8, 0.9], [0.5, 0.9], [0.5, 0.1]]"))
                .contains("cross itself");
    }

    @Test
    void shouldRefuseWhatIsNoList() {
        assertThat(problem("5")).contains("polygon");
    }

    @Test
    void shouldShowCornersAsTheConfigurationWritesThem() {
        PolygonType type = new PolygonType();
        assertThat(type.format(List.of(new ZoneConfig.Point(0, 0.5), new ZoneConfig.Point(1, 0.25))))
                .isEqualTo("[[0, 0.5], [1, 0.25]]");
        assertThat(type.values()).contains("3 to 64");
    }
}
