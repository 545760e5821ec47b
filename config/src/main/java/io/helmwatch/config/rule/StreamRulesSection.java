package io.helmwatch.config.rule;

import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Entry;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The keys {@code min-box}, {@code zones}, {@code masks} and {@code rules}, which stand among those of a stream.
 *
 * <p>Threading: immutable.
 *
 * @param <R> the record of the stream
 */
public final class StreamRulesSection<R> {
    private final Key<R, Integer> minBox;
    private final SectionList<R, ZoneConfig> zones;
    private final SectionList<R, List<ZoneConfig.Point>> masks;
    private final SectionList<R, RuleConfig> rules;

    /**
     * The keys in a record.
     *
     * @param getter the rules of a stream
     */
    public StreamRulesSection(Function<R, StreamRulesConfig> getter) {
        minBox = Key.of(
                "min-box",
                wholeNumber(0, 10_000),
                StreamRulesConfig.NONE.minBox(),
                stream -> getter.apply(stream).minBox(),
                "shortest side, in source pixels, of a head's box; smaller boxes do not take part in incidents");
        zones = SectionList.of(
                "zones", ZoneSection.SPEC, stream -> getter.apply(stream).zones(), "none");
        masks = SectionList.of(
                "masks", ZoneSection.MASK, stream -> getter.apply(stream).masks(), "none");
        rules = SectionList.<R, RuleConfig>of(
                        "rules",
                        RuleSection.SPEC,
                        stream -> getter.apply(stream).rules(),
                        "none, and no incidents")
                .furtherExample(Map.of("name", "crowd", "kind", "occupancy", "more-than", "12", "fewer-than", "# 2"));
    }

    /** The keys in the order of the documents. */
    public List<Entry<R>> entries() {
        return List.of(minBox, zones, masks, rules);
    }

    /** Reads the values from the stream's section. */
    public StreamRulesConfig read(Section section) {
        Map<String, Integer> zoneLines = new HashMap<>();
        List<ZoneConfig> readZones = new ArrayList<>();
        for (Section item : items(section, zones)) {
            ZoneConfig zone = ZoneSection.read(item, zoneLines);
            if (zone != null) {
                readZones.add(zone);
            }
        }
        List<List<ZoneConfig.Point>> readMasks =
                items(section, masks).stream().map(ZoneSection::readMask).toList();
        Map<String, Integer> ruleLines = new HashMap<>();
        List<RuleConfig> readRules = new ArrayList<>();
        for (Section item : items(section, rules)) {
            RuleConfig rule = RuleSection.read(item, ruleLines, List.copyOf(zoneLines.keySet()));
            if (rule != null) {
                readRules.add(rule);
            }
        }
        return new StreamRulesConfig(readZones, readMasks, section.value(minBox), readRules);
    }

    private static List<Section> items(Section section, SectionList<?, ?> list) {
        List<Section> sections = section.sections(list);
        return sections == null ? List.of() : sections;
    }
}
