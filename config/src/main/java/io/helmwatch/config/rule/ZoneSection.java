package io.helmwatch.config.rule;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Names;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The items of {@code streams[].zones} and {@code streams[].masks}. */
final class ZoneSection {
    private static final String MISSING = "corners such as [[0.1, 0.2], [0.9, 0.2], [0.5, 0.8]]";
    private static final String POLYGON_MEANING =
            "corners `[x, y]` in fractions of the frame's width and height, origin top-left";

    private static final Key<ZoneConfig, String> NAME = Key.required(
                    "name", Names.type(), ZoneConfig::name, "a name such as pit-east", "name in rules and events")
            .exampleInForce("pit");
    private static final Key<ZoneConfig, List<ZoneConfig.Point>> POLYGON = Key.required(
                    "polygon", new PolygonType(), ZoneConfig::polygon, MISSING, POLYGON_MEANING)
            .exampleInForce("[[0.05, 0.4], [0.95, 0.4], [0.95, 1], [0.05, 1]]");
    private static final Key<List<ZoneConfig.Point>, List<ZoneConfig.Point>> MASK_POLYGON =
            Key.<List<ZoneConfig.Point>, List<ZoneConfig.Point>>required(
                            "polygon", new PolygonType(), polygon -> polygon, MISSING, POLYGON_MEANING)
                    .exampleInForce("[[0, 0], [0.2, 0], [0.2, 0.1], [0, 0.1]]");

    static final SectionSpec<ZoneConfig> SPEC = SectionSpec.of("named parts of the frame", NAME, POLYGON);

    static final SectionSpec<List<ZoneConfig.Point>> MASK =
            SectionSpec.of("parts of the frame that do not take part in incidents", MASK_POLYGON);

    private ZoneSection() {}

    /** A zone; null where its name is missing or wrong. */
    static @Nullable ZoneConfig read(Section section, Map<String, Integer> lines) {
        String name = section.required(NAME);
        if (name != null) {
            Names.requireUnique(section, NAME, name, lines, "of this name");
        }
        List<ZoneConfig.Point> polygon = section.required(POLYGON);
        return name == null ? null : new ZoneConfig(name, polygon == null ? List.of() : polygon);
    }

    static List<ZoneConfig.Point> readMask(Section section) {
        List<ZoneConfig.Point> polygon = section.required(MASK_POLYGON);
        return polygon == null ? List.of() : polygon;
    }
}
