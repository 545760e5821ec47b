package io.helmwatch.postprocess.rules;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.ScheduleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.postprocess.tracking.Observations;
import io.helmwatch.resource.Quantity;
import io.helmwatch.vision.FrameDetections;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a rule says of a single frame, for somebody who sets it up. Tracking, votes and times are left out: whether an incident would start
 * depends on the frames before.
 *
 * @param rule name of the rule
 * @param observed heads that the rule looks at: those in its zones whose confidence suffices
 * @param violating of these, the heads that violate it: bare ones, people beyond the limit, or people that are missing
 * @param sentence the answer in words
 */
public record RulePreview(String rule, int observed, int violating, String sentence) {

    /** What every rule says of a frame, in their order. */
    public static List<RulePreview> of(StreamRulesConfig config, TrackingConfig tracking, FrameDetections frame) {
        MaskFilter filter = new MaskFilter(config);
        filter.resize(frame.size());
        Observations heads = new Observations(tracking);
        heads.load(frame.detections(), filter);
        List<RulePreview> previews = new ArrayList<>();
        for (RuleConfig rule : config.rules()) {
            List<ZoneConfig> zones = config.zones().stream()
                    .filter(zone -> rule.zones().contains(zone.name()))
                    .toList();
            RulePreview preview = rule.kind() == RuleConfig.Kind.NO_HELMET
                    ? ofHelmets(rule, zones, heads, frame)
                    : ofPeople(rule, zones, heads, frame);
            previews.add(preview.with(scheduleOf(rule, frame)));
        }
        return List.copyOf(previews);
    }

    private static String scheduleOf(RuleConfig rule, FrameDetections frame) {
        ScheduleConfig schedule = rule.schedule();
        return schedule == null || schedule.includes(Instant.ofEpochMilli(frame.capturedAtMillis()))
                ? ""
                : "; the rule's schedule does not apply at this time";
    }

    private RulePreview with(String end) {
        return new RulePreview(rule, observed, violating, sentence + end);
    }

    private static RulePreview ofHelmets(
            RuleConfig rule, List<ZoneConfig> zones, Observations heads, FrameDetections frame) {
        List<Polygon> areas =
                zones.stream().map(zone -> new Polygon(zone.polygon())).toList();
        int observed = 0;
        int bare = 0;
        for (int i = 0; i < heads.size(); i++) {
            int head = i;
            boolean isInside = areas.isEmpty() || areas.stream().anyMatch(area -> isIn(area, heads, head, frame));
            if (isInside && heads.confidence(i) >= rule.confidence()) {
                observed++;
                bare += heads.bareHeadConfidence(i) > heads.helmetConfidence(i) ? 1 : 0;
            }
        }
        String where = where(rule.zones());
        String sentence;
        if (observed == 0) {
            sentence = "No head" + where;
        } else if (bare == 0) {
            sentence = Quantity.of(observed, "head") + where + ", none bare";
        } else {
            sentence = bare + " of " + Quantity.of(observed, "head") + where
                    + " bare; an incident starts when that lasts for " + seconds(rule);
        }
        return new RulePreview(rule.name(), observed, bare, sentence);
    }

    /** Of several zones the one that violates the limit the most. */
    private static RulePreview ofPeople(
            RuleConfig rule, List<ZoneConfig> zones, Observations heads, FrameDetections frame) {
        RulePreview worst = null;
        for (int area = 0; area < Math.max(1, zones.size()); area++) {
            ZoneConfig zone = zones.isEmpty() ? null : zones.get(area);
            int people = people(rule, zone, heads, frame);
            boolean isUpper = rule.kind() == RuleConfig.Kind.MORE_PEOPLE;
            int violating = Math.max(0, isUpper ? people - rule.limit() : rule.limit() - people);
            if (worst == null || violating > worst.violating()) {
                String sentence = Quantity.of(people, "person", "people")
                        + where(zone == null ? List.of() : List.of(zone.name()))
                        + (isUpper ? ", more than " : ", fewer than ")
                        + rule.limit()
                        + (violating > 0
                                ? ": an incident starts when that lasts for " + seconds(rule)
                                : " would start an incident");
                worst = new RulePreview(rule.name(), people, violating, sentence);
            }
        }
        return Objects.requireNonNull(worst);
    }

    private static int people(RuleConfig rule, @Nullable ZoneConfig zone, Observations heads, FrameDetections frame) {
        Polygon area = zone == null ? null : new Polygon(zone.polygon());
        int people = 0;
        for (int i = 0; i < heads.size(); i++) {
            boolean isInside = area == null || isIn(area, heads, i, frame);
            people += isInside && heads.confidence(i) >= rule.confidence() ? 1 : 0;
        }
        return people;
    }

    private static boolean isIn(Polygon area, Observations heads, int head, FrameDetections frame) {
        double x = (heads.x1(head) + heads.x2(head)) / 2;
        double y = (heads.y1(head) + heads.y2(head)) / 2;
        return area.contains(x / frame.size().width(), y / frame.size().height());
    }

    private static String where(List<String> zones) {
        return zones.isEmpty() ? " in the frame" : " in " + String.join(" or ", zones);
    }

    private static String seconds(RuleConfig rule) {
        double seconds = rule.atLeast().toMillis() / 1_000.0;
        return (seconds == Math.rint(seconds) ? String.valueOf((long) seconds) : String.valueOf(seconds)) + " s";
    }
}
