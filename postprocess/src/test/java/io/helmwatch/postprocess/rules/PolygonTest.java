package io.helmwatch.postprocess.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.rule.ZoneConfig;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolygonTest {
    /** An L: the unit square without its top right quarter. */
    private final Polygon corner = polygon(0, 0, 0.5, 0, 0.5, 0.5, 1, 0.5, 1, 1, 0, 1);

    @ParameterizedTest
    @CsvSource({
        "0.25, 0.25, true",
        "0.75, 0.25, false",
        "0.75, 0.75, true",
        "0.5, 0.25, false",
        "0, 0, true",
        "1, 1, true",
        "1, 0.75, true",
        "1, 0.25, false",
        "-0.1, 0.5, false",
    })
    void shouldDistinguishInsideFromOutsideWithAConcaveCorner(double x, double y, boolean inside) {
        assertThat(corner.contains(x, y)).isEqualTo(inside);
    }

    @ParameterizedTest
    @CsvSource({"0.5, 0.1", "0.5, 0.9", "0.3, 0.5"})
    void shouldGiveAPointOnASharedSideToExactlyOneOfTwoZones(double x, double y) {
        boolean horizontal = y == 0.5;
        Polygon first = horizontal ? polygon(0, 0, 1, 0, 1, 0.5, 0, 0.5) : polygon(0, 0, 0.5, 0, 0.5, 1, 0, 1);
        Polygon second = horizontal ? polygon(0, 0.5, 1, 0.5, 1, 1, 0, 1) : polygon(0.5, 0, 1, 0, 1, 1, 0.5, 1);
        assertThat(first.contains(x, y)).isNotEqualTo(second.contains(x, y));
    }

    private static Polygon polygon(double... xy) {
        List<ZoneConfig.Point> corners = new java.util.ArrayList<>();
        for (int i = 0; i < xy.length; i += 2) {
            corners.add(new ZoneConfig.Point(xy[i], xy[i + 1]));
        }
        return new Polygon(corners);
    }

    /** A triangle with the corners (0.2, 0.1), (0.9, 0.4) and (0.4, 0.9), and one with a level side. */
    @ParameterizedTest
    @CsvSource({
        // On either side of each slanted side.
        "0.54, 0.24, false",
        "0.54, 0.26, true",
        "0.66, 0.66, false",
        "0.64, 0.64, true",
        "0.29, 0.5, false",
        "0.31, 0.5, true",
        "0.2, 0.09, false",
        "0.5, 0.5, true",
        "0.9, 0.9, false",
        "0.1, 0.4, false",
        "0.89, 0.4, true",
        "0.91, 0.4, false"
    })
    void shouldFollowSlantedSides(double x, double y, boolean inside) {
        assertThat(polygon(0.2, 0.1, 0.9, 0.4, 0.4, 0.9).contains(x, y)).isEqualTo(inside);
        assertThat(polygon(0.4, 0.9, 0.9, 0.4, 0.2, 0.1).contains(x, y)).isEqualTo(inside);
    }
}
