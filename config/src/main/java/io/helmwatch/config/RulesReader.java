package io.helmwatch.config;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Reads zones, masks and rules of a stream and the section {@code incidents}. */
final class RulesReader {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final String NAME_RULE = "must be 1 to 64 letters, digits, dots, dashes or underscores";
    private static final Duration LONGEST = Duration.ofDays(7);
    private static final int MAX_CORNERS = 64;

    private final ConfigLoader.Context context;

    RulesReader(ConfigLoader.Context context) {
        this.context = context;
    }

    IncidentsConfig incidents(Section section) {
        TrackingConfig d = TrackingConfig.DEFAULT;
        Set<String> helmet = labels(section, "helmet-labels", d.helmetLabels());
        Set<String> bareHead = labels(section, "bare-head-labels", d.bareHeadLabels());
        if (helmet.stream().anyMatch(bareHead::contains)) {
            section.problem("bare-head-labels", "must not share a label with helmet-labels");
        }
        TrackingConfig tracking = new TrackingConfig(
                helmet,
                bareHead,
                section.number("start-confidence", d.startConfidence(), 0, 1),
                section.duration("confirm", d.confirm(), Duration.ZERO, Duration.ofMinutes(1)),
                section.duration("max-gap", d.maxGap(), Duration.ZERO, Duration.ofMinutes(1)));
        Duration observation = section.duration(
                "observation", IncidentsConfig.DEFAULT.observation(), Duration.ofMillis(1), Duration.ofMinutes(1));
        Duration lostAfter =
                section.duration("lost-after", IncidentsConfig.DEFAULT.lostAfter(), Duration.ofSeconds(1), LONGEST);
        SpoolConfig spool = spool(section.section("spool", false));
        SnapshotConfig snapshots = snapshots(section.section("snapshots", false));
        section.end();
        return new IncidentsConfig(tracking, observation, lostAfter, spool, snapshots);
    }

    private static Set<String> labels(Section section, String key, Set<String> byDefault) {
        List<String> texts = section.texts(key);
        if (section.has(key) && texts.isEmpty()) {
            section.problem(key, "must name at least one label");
        }
        return texts.isEmpty() ? byDefault : Set.copyOf(new HashSet<>(texts));
    }

    private SpoolConfig spool(Section section) {
        SpoolConfig d = SpoolConfig.DEFAULT;
        Path directory = section.path("directory");
        SpoolConfig spool = new SpoolConfig(
                directory == null ? context.resolve(d.directory().toString()) : directory,
                section.bytes("max-bytes", d.maxBytes(), 1L << 20, 1L << 40),
                section.flag("fsync", d.fsync()));
        section.end();
        return spool;
    }

    private SnapshotConfig snapshots(Section section) {
        SnapshotConfig d = SnapshotConfig.DEFAULT;
        Path directory = section.path("directory");
        SnapshotConfig snapshots = new SnapshotConfig(
                section.flag("enabled", d.enabled()),
                directory == null ? context.resolve(d.directory().toString()) : directory,
                section.flag("drawn", d.drawn()),
                section.flag("blur-others", d.blurOthers()),
                section.wholeNumber("quality", d.quality(), 1, 100),
                section.duration("keep", d.keep(), Duration.ofMinutes(1), Duration.ofDays(36_500)),
                section.bytes("max-bytes", d.maxBytes(), 1L << 20, 1L << 50),
                section.text("url-prefix"));
        section.end();
        return snapshots;
    }

    StreamRulesConfig stream(Section stream) {
        List<ZoneConfig> zones = new ArrayList<>();
        Map<String, Integer> zoneLines = new HashMap<>();
        List<Section> zoneSections = sections(stream, "zones");
        for (Section section : zoneSections) {
            String name = name(section, zoneLines);
            List<ZoneConfig.Point> polygon = polygon(section, "polygon");
            section.end();
            if (name != null) {
                zones.add(new ZoneConfig(name, polygon));
            }
        }
        List<List<ZoneConfig.Point>> masks = new ArrayList<>();
        for (Section section : sections(stream, "masks")) {
            masks.add(polygon(section, "polygon"));
            section.end();
        }
        int minBox = stream.wholeNumber("min-box", 0, 0, 10_000);
        List<RuleConfig> rules = new ArrayList<>();
        Map<String, Integer> ruleLines = new HashMap<>();
        for (Section section : sections(stream, "rules")) {
            RuleConfig rule = rule(section, ruleLines, List.copyOf(zoneLines.keySet()));
            if (rule != null) {
                rules.add(rule);
            }
        }
        return new StreamRulesConfig(zones, masks, minBox, rules);
    }

    private List<Section> sections(Section parent, String key) {
        List<Section> sections = new ArrayList<>();
        List<Node> items = parent.items(key);
        for (int i = 0; items != null && i < items.size(); i++) {
            sections.add(new Section(context, parent.path() + "." + key + "[" + i + "]", items.get(i), false));
        }
        return sections;
    }

    private static @Nullable String name(Section section, Map<String, Integer> lines) {
        String name = section.text("name");
        if (name == null) {
            if (!section.has("name")) {
                section.problem("name", "missing: expected a name such as pit-east");
            }
            return null;
        }
        if (!NAME.matcher(name).matches()) {
            section.problem("name", NAME_RULE);
            return null;
        }
        Node node = section.node();
        Integer earlier =
                lines.putIfAbsent(name, node == null ? 0 : node.getStartMark().getLine() + 1);
        if (earlier != null) {
            section.problem("name", "given twice; the first of this name is in line " + earlier);
        }
        return name;
    }

    private @Nullable RuleConfig rule(Section section, Map<String, Integer> lines, List<String> zoneNames) {
        String name = name(section, lines);
        String kindText = section.choice("kind", "no-helmet", "occupancy");
        if (kindText == null && !section.has("kind")) {
            section.problem("kind", "missing: expected no-helmet or occupancy");
        }
        List<String> zones = section.texts("zones");
        for (String zone : zones) {
            if (!zoneNames.contains(zone)) {
                String nearest = Spelling.nearest(zone, zoneNames);
                section.problem(
                        "zones",
                        "zone '" + ConfigText.shorten(zone) + "' is not among the stream's zones"
                                + (nearest == null ? "" : "; did you mean '" + nearest + "'?"));
            }
        }
        RuleConfig d = RuleConfig.of("", RuleConfig.Kind.NO_HELMET, List.of(), 0);
        RuleConfig.Kind kind = RuleConfig.Kind.NO_HELMET;
        int limit = 0;
        if ("occupancy".equals(kindText)) {
            boolean more = section.has("more-than");
            if (more == section.has("fewer-than")) {
                section.problem("kind", "occupancy needs either 'more-than' or 'fewer-than'");
            }
            kind = more ? RuleConfig.Kind.MORE_PEOPLE : RuleConfig.Kind.FEWER_PEOPLE;
            int moreThan = section.wholeNumber("more-than", 0, 0, 10_000);
            int fewerThan = section.wholeNumber("fewer-than", 1, 1, 10_000);
            limit = more ? moreThan : fewerThan;
        }
        int of = section.wholeNumber("of", d.of(), 1, 1_000);
        int required = section.wholeNumber("required", Math.min(d.required(), of), 1, 1_000);
        if (required > of) {
            section.problem("required", "must be at most 'of', which is " + of);
        } else if (2 * required <= of) {
            section.problem("required", "must be more than half of 'of', which is " + of);
        }
        RuleConfig rule = new RuleConfig(
                name == null ? "" : name,
                kind,
                zones,
                section.number("confidence", d.confidence(), 0, 1),
                required,
                of,
                section.duration("at-least", d.atLeast(), Duration.ZERO, LONGEST),
                section.duration("update-every", d.updateEvery(), Duration.ofMillis(100), LONGEST),
                section.duration("end-after", d.endAfter(), Duration.ofMillis(100), LONGEST),
                section.has("schedule") ? schedule(section.section("schedule", false)) : null,
                limit);
        section.end();
        return name == null || kindText == null ? null : rule;
    }

    private @Nullable ScheduleConfig schedule(Section section) {
        String zoneText = section.text("time-zone");
        ZoneId zone = null;
        if (zoneText == null) {
            section.problem("time-zone", "missing: expected a time zone such as Europe/Berlin or UTC");
        } else {
            try {
                zone = ZoneId.of(zoneText.trim());
            } catch (DateTimeException e) {
                section.problem("time-zone", "must be a time zone such as Europe/Berlin or UTC");
            }
        }
        EnumSet<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        for (String text : section.texts("days")) {
            DayOfWeek day = day(text);
            if (day == null) {
                section.problem(
                        "days",
                        "day '" + ConfigText.shorten(text) + "' must be one of mon, tue, wed, thu, fri, sat, sun");
            } else {
                days.add(day);
            }
        }
        if (days.isEmpty()) {
            days = EnumSet.allOf(DayOfWeek.class);
        }
        LocalTime from = time(section, "from");
        LocalTime to = time(section, "to");
        section.end();
        return zone == null ? null : new ScheduleConfig(zone, days, from, to);
    }

    private static @Nullable DayOfWeek day(String text) {
        for (DayOfWeek day : DayOfWeek.values()) {
            if (day.name().substring(0, 3).equals(text.trim().toUpperCase(Locale.ROOT))) {
                return day;
            }
        }
        return null;
    }

    private static LocalTime time(Section section, String key) {
        String text = section.text(key);
        if (text == null) {
            return LocalTime.MIDNIGHT;
        }
        try {
            return LocalTime.parse(text.trim());
        } catch (DateTimeException e) {
            section.problem(key, "must be a time of day such as 06:30");
            return LocalTime.MIDNIGHT;
        }
    }

    private List<ZoneConfig.Point> polygon(Section section, String key) {
        List<Node> corners = section.items(key);
        if (corners == null) {
            section.problem(key, "missing: expected corners such as [[0.1, 0.2], [0.9, 0.2], [0.5, 0.8]]");
            return List.of();
        }
        List<ZoneConfig.Point> points = new ArrayList<>();
        for (Node corner : corners) {
            ZoneConfig.Point point = point(corner);
            if (point == null) {
                context.problem(
                        corner,
                        section.path() + "." + key + "[" + points.size() + "]",
                        "must be two numbers from 0 to 1, [x, y] in shares of the picture's width and height");
                return List.of();
            }
            points.add(point);
        }
        if (points.size() < 3 || points.size() > MAX_CORNERS) {
            section.problem(key, "must have 3 to " + MAX_CORNERS + " corners, but has " + points.size());
        } else if (crossesItself(points)) {
            section.problem(key, "must not cross itself: list the corners in the order in which they are walked");
        } else if (Math.abs(area(points)) < 1e-6) {
            section.problem(key, "must enclose an area, but its corners lie on a line");
        }
        return points;
    }

    private static ZoneConfig.@Nullable Point point(Node node) {
        if (!(node instanceof SequenceNode pair) || pair.getValue().size() != 2) {
            return null;
        }
        double[] values = new double[2];
        for (int i = 0; i < 2; i++) {
            if (!(pair.getValue().get(i) instanceof ScalarNode scalar)) {
                return null;
            }
            try {
                values[i] = Double.parseDouble(scalar.getValue().trim());
            } catch (NumberFormatException e) {
                return null;
            }
            if (!(values[i] >= 0 && values[i] <= 1)) {
                return null;
            }
        }
        return new ZoneConfig.Point(values[0], values[1]);
    }

    /** Shoelace formula. */
    private static double area(List<ZoneConfig.Point> points) {
        double sum = 0;
        for (int i = 0; i < points.size(); i++) {
            ZoneConfig.Point a = points.get(i);
            ZoneConfig.Point b = points.get((i + 1) % points.size());
            sum += a.x() * b.y() - b.x() * a.y();
        }
        return sum / 2;
    }

    private static boolean crossesItself(List<ZoneConfig.Point> points) {
        int n = points.size();
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                boolean neighbours = j == i + 1 || (i == 0 && j == n - 1);
                if (!neighbours
                        && cross(points.get(i), points.get((i + 1) % n), points.get(j), points.get((j + 1) % n))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean cross(ZoneConfig.Point a, ZoneConfig.Point b, ZoneConfig.Point c, ZoneConfig.Point d) {
        return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
    }

    private static double side(ZoneConfig.Point a, ZoneConfig.Point b, ZoneConfig.Point p) {
        return Math.signum((b.x() - a.x()) * (p.y() - a.y()) - (b.y() - a.y()) * (p.x() - a.x()));
    }
}
