package io.helmwatch.config.rule;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.number;
import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Names;
import io.helmwatch.config.schema.NestedSection;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.Spelling;
import io.helmwatch.config.yaml.Yaml;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The items of {@code streams[].rules}. */
final class RuleSection {
    private static final RuleConfig DEFAULT = RuleConfig.of("", RuleConfig.Kind.NO_HELMET, List.of(), 0);
    private static final Duration LEAST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofDays(7);

    /** Kinds as the file names them. */
    private enum Kind {
        NO_HELMET,
        OCCUPANCY
    }

    private static final Key<RuleConfig, String> NAME = Key.required(
                    "name", Names.type(), RuleConfig::name, "a name such as no-helmet-in-pit", "name in events")
            .exampleInForce("no-helmet-in-pit");
    private static final Key<RuleConfig, Kind> KIND = Key.<RuleConfig, Kind>required(
                    "kind",
                    choice(Kind.class),
                    rule -> rule.kind() == RuleConfig.Kind.NO_HELMET ? Kind.NO_HELMET : Kind.OCCUPANCY,
                    "no-helmet or occupancy",
                    "what the rule detects: a person without a helmet, or a number of people")
            .exampleInForce("no-helmet");
    private static final Key<RuleConfig, Integer> MORE_THAN = Key.<RuleConfig, Integer>optional(
                    "more-than",
                    wholeNumber(0, 10_000),
                    rule -> rule.kind() == RuleConfig.Kind.MORE_PEOPLE ? rule.limit() : null,
                    "none",
                    "occupancy: largest number of people that is allowed")
            .notInFirstExample();
    private static final Key<RuleConfig, Integer> FEWER_THAN = Key.<RuleConfig, Integer>optional(
                    "fewer-than",
                    wholeNumber(1, 10_000),
                    rule -> rule.kind() == RuleConfig.Kind.FEWER_PEOPLE ? rule.limit() : null,
                    "none",
                    "or, occupancy: smallest number of people that is allowed")
            .notInFirstExample();
    private static final Key<RuleConfig, List<String>> ZONES = Key.<RuleConfig, List<String>>optional(
                    "zones",
                    listOf(text()),
                    rule -> rule.zones().isEmpty() ? null : rule.zones(),
                    "the whole frame",
                    "names of the zones that the rule applies to")
            .exampleInForce("[pit]");
    private static final Key<RuleConfig, Double> CONFIDENCE = Key.of(
            "confidence",
            number(0, 1),
            DEFAULT.confidence(),
            RuleConfig::confidence,
            "confidence threshold of a box that counts as an observation");
    private static final Key<RuleConfig, Integer> REQUIRED = Key.of(
            "required",
            wholeNumber(1, 1_000),
            DEFAULT.required(),
            RuleConfig::required,
            "observations among the last `of` that must agree; more than half");
    private static final Key<RuleConfig, Integer> OF =
            Key.of("of", wholeNumber(1, 1_000), DEFAULT.of(), RuleConfig::of, "number of last observations that vote");
    private static final Key<RuleConfig, Duration> AT_LEAST = Key.of(
            "at-least",
            duration(Duration.ZERO, LONGEST),
            DEFAULT.atLeast(),
            RuleConfig::atLeast,
            "how long the violation lasts before an incident starts");
    private static final Key<RuleConfig, Duration> UPDATE_EVERY = Key.of(
            "update-every",
            duration(LEAST, LONGEST),
            DEFAULT.updateEvery(),
            RuleConfig::updateEvery,
            "shortest time between two updates of an incident");
    private static final Key<RuleConfig, Duration> END_AFTER = Key.of(
            "end-after",
            duration(LEAST, LONGEST),
            DEFAULT.endAfter(),
            RuleConfig::endAfter,
            "how long compliance or absence lasts before an incident ends");
    private static final NestedSection<RuleConfig, ScheduleConfig> SCHEDULE =
            NestedSection.optional("schedule", ScheduleSection.SPEC, RuleConfig::schedule, "always");

    static final SectionSpec<RuleConfig> SPEC = SectionSpec.of(
            "what starts incidents",
            NAME,
            KIND,
            MORE_THAN,
            FEWER_THAN,
            ZONES,
            CONFIDENCE,
            REQUIRED,
            OF,
            AT_LEAST,
            UPDATE_EVERY,
            END_AFTER,
            SCHEDULE);

    private RuleSection() {}

    /**
     * A rule; null where its name or kind is missing or wrong.
     *
     * @param lines names of the rules so far with their lines; this one's is added
     * @param zoneNames zones of the stream
     */
    static @Nullable RuleConfig read(Section section, Map<String, Integer> lines, List<String> zoneNames) {
        String name = section.required(NAME);
        if (name != null) {
            Names.requireUnique(section, NAME, name, lines, "of this name");
        }
        Kind kind = section.required(KIND);
        List<String> zones = section.optional(ZONES);
        if (zones != null) {
            zones.forEach(zone -> requireKnown(section, zone, zoneNames));
        }
        Integer moreThan = section.optional(MORE_THAN);
        Integer fewerThan = section.optional(FEWER_THAN);
        checkLimits(section, kind);
        int of = section.value(OF);
        RuleConfig rule = new RuleConfig(
                name == null ? "" : name,
                kind(section, kind),
                zones == null ? List.of() : zones,
                section.value(CONFIDENCE),
                required(section, of),
                of,
                section.value(AT_LEAST),
                section.value(UPDATE_EVERY),
                section.value(END_AFTER),
                section.has(SCHEDULE) ? ScheduleSection.read(section.section(SCHEDULE)) : null,
                moreThan != null ? moreThan : fewerThan != null ? fewerThan : 0);
        return name == null || kind == null ? null : rule;
    }

    private static void requireKnown(Section section, String zone, List<String> zoneNames) {
        if (!zoneNames.contains(zone)) {
            String nearest = Spelling.nearest(zone, zoneNames);
            section.problem(
                    ZONES,
                    "zone '" + Yaml.shorten(zone) + "' is not among the stream's zones"
                            + (nearest == null ? "" : "; did you mean '" + nearest + "'?"));
        }
    }

    private static void checkLimits(Section section, @Nullable Kind kind) {
        if (kind == Kind.OCCUPANCY && section.has(MORE_THAN) == section.has(FEWER_THAN)) {
            section.problem(KIND, "occupancy needs either 'more-than' or 'fewer-than'");
        } else if (kind == Kind.NO_HELMET) {
            for (Key<RuleConfig, Integer> limit : List.of(MORE_THAN, FEWER_THAN)) {
                if (section.has(limit)) {
                    section.problem(limit, "is for kind: occupancy, but the kind is no-helmet");
                }
            }
        }
    }

    private static RuleConfig.Kind kind(Section section, @Nullable Kind kind) {
        if (kind != Kind.OCCUPANCY) {
            return RuleConfig.Kind.NO_HELMET;
        }
        return section.has(MORE_THAN) ? RuleConfig.Kind.MORE_PEOPLE : RuleConfig.Kind.FEWER_PEOPLE;
    }

    private static int required(Section section, int of) {
        int required = section.has(REQUIRED) ? section.value(REQUIRED) : Math.min(DEFAULT.required(), of);
        if (required > of) {
            section.problem(REQUIRED, "must be at most 'of', which is " + of);
        } else if (2 * required <= of) {
            section.problem(REQUIRED, "must be more than half of 'of', which is " + of);
        }
        return required;
    }
}
