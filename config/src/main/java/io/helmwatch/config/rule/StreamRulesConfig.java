package io.helmwatch.config.rule;

import java.util.List;

/**
 * Zones, masks and rules of one stream.
 *
 * @param zones named parts of the frame
 * @param masks polygons whose heads do not take part in incidents
 * @param minBox shortest side of a head's box in source pixels; smaller boxes do not take part in incidents
 * @param rules what starts incidents; without rules the stream is not tracked
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
