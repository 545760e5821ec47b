package io.helmwatch.config.http;

import static io.helmwatch.config.schema.ValueTypes.parsed;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Names;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.ValueType;
import java.time.DateTimeException;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The items of {@code desk.shifts}. */
final class ShiftSection {
    private static final int QUARTER_MINUTES = 15;

    private static final Key<ShiftConfig, String> NAME = Key.required(
                    "name", Names.type(), ShiftConfig::name, "a name such as early", "name in reports")
            .exampleInForce("early");
    private static final Key<ShiftConfig, LocalTime> FROM = Key.required(
                    "from", quarter(), ShiftConfig::from, "a time of day such as 06:00", "first moment")
            .exampleInForce("06:00");
    private static final Key<ShiftConfig, LocalTime> TO = Key.required(
                    "to",
                    quarter(),
                    ShiftConfig::to,
                    "a time of day such as 14:00",
                    "first moment after; on the next day where it is at or before `from`")
            .exampleInForce("14:00");

    static final SectionSpec<ShiftConfig> SPEC =
            SectionSpec.of("shifts of every day in reports, which must not overlap", NAME, FROM, TO);

    private ShiftSection() {}

    /** The shifts of a list; those that are wrong are reported and left out. */
    static List<ShiftConfig> readAll(@Nullable List<Section> sections) {
        List<ShiftConfig> shifts = new ArrayList<>();
        Map<String, Integer> lines = new HashMap<>();
        for (Section section : sections == null ? List.<Section>of() : sections) {
            String name = section.required(NAME);
            if (name != null) {
                Names.requireUnique(section, NAME, name, lines, "of this name");
            }
            LocalTime from = section.required(FROM);
            LocalTime to = section.required(TO);
            if (name != null && from != null && to != null) {
                ShiftConfig shift = new ShiftConfig(name, from, to);
                shifts.stream()
                        .filter(earlier -> earlier.includes(from) || shift.includes(earlier.from()))
                        .findFirst()
                        .ifPresent(earlier -> section.problem(FROM, "overlaps the shift " + earlier.name()));
                shifts.add(shift);
            }
        }
        return shifts;
    }

    private static ValueType<LocalTime> quarter() {
        return parsed(
                "time of day, a full quarter of an hour",
                ShiftSection::time,
                LocalTime::toString,
                "must be a time of day such as 06:00 or 14:30, a full quarter of an hour");
    }

    private static @Nullable LocalTime time(String text) {
        String time = text.strip();
        if (time.equals("24:00")) {
            return LocalTime.MIDNIGHT;
        }
        try {
            LocalTime parsed = LocalTime.parse(time.indexOf(':') == 1 ? "0" + time : time);
            boolean isQuarter =
                    parsed.getMinute() % QUARTER_MINUTES == 0 && parsed.getSecond() == 0 && parsed.getNano() == 0;
            return isQuarter ? parsed : null;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
