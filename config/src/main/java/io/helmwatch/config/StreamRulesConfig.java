package io.helmwatch.config;

import java.util.List;

/**
 * What is looked for in one stream.
 *
 * @param zones named parts of the picture
 * @param masks polygons in which nothing is looked at
 * @param minBox shortest side of a head's box in source pixels; smaller ones are not looked at
 * @param rules what makes incidents; none means that the stream is not tracked at all
 */
public record StreamRulesConfig(
        List<ZoneConfig> zones, List<List<ZoneConfig.Point>> masks, int minBox, List<RuleConfig> rules) {

    /** No rules. */
    public static final StreamRulesConfig NONE = new StreamRulesConfig(List.of(), List.of(), 0, List.of());

    /** Keeps its own copies. */
    public StreamRulesConfig {
        zones = List.copyOf(zones);
        masks = masks.stream().map(List::copyOf).toList();
        rules = List.copyOf(rules);
    }
}
