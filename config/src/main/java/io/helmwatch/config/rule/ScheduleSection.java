package io.helmwatch.config.rule;

import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.map;
import static io.helmwatch.config.schema.ValueTypes.parsed;
import static io.helmwatch.config.schema.ValueTypes.timeZone;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.ValueType;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The section {@code streams[].rules[].schedule}. */
public final class ScheduleSection {
    private static final Key<ScheduleConfig, ZoneId> TIME_ZONE = Key.required(
                    "time-zone",
                    timeZone(),
                    ScheduleConfig::zone,
                    "a time zone such as Europe/Berlin or UTC",
                    "time zone of the times, with its daylight saving, such as `Europe/Berlin`")
            .exampleInForce("Europe/Berlin");
    private static final Key<ScheduleConfig, Set<DayOfWeek>> DAYS = Key.<ScheduleConfig, Set<DayOfWeek>>optional(
                    "days",
                    days(),
                    schedule -> schedule.days().size() == DayOfWeek.values().length ? null : schedule.days(),
                    "all",
                    "days on which the time starts")
            .exampleInForce("[mon, tue, wed, thu, fri]");
    private static final Key<ScheduleConfig, LocalTime> FROM = Key.of(
                    "from", time(), LocalTime.MIDNIGHT, ScheduleConfig::from, "first moment")
            .exampleInForce("06:00");
    private static final Key<ScheduleConfig, LocalTime> TO = Key.of(
                    "to",
                    time(),
                    LocalTime.MIDNIGHT,
                    ScheduleConfig::to,
                    "first moment after; on the next day where it is at or before `from`")
            .exampleInForce("20:30");

    /** The keys of the section. */
    public static final SectionSpec<ScheduleConfig> SPEC =
            SectionSpec.of("when the rule is in force", TIME_ZONE, DAYS, FROM, TO);

    private ScheduleSection() {}

    /** A schedule; null where its time zone is missing or wrong. */
    public static @Nullable ScheduleConfig read(Section section) {
        ZoneId zone = section.required(TIME_ZONE);
        Set<DayOfWeek> days = section.optional(DAYS);
        LocalTime from = section.value(FROM);
        LocalTime to = section.value(TO);
        if (zone == null) {
            return null;
        }
        if (days == null || days.isEmpty()) {
            days = EnumSet.allOf(DayOfWeek.class);
        }
        return new ScheduleConfig(zone, days, from, to);
    }

    private static ValueType<Set<DayOfWeek>> days() {
        ValueType<DayOfWeek> day = parsed(
                "`mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`",
                ScheduleSection::day,
                ScheduleSection::name,
                "must be one of mon, tue, wed, thu, fri, sat, sun");
        return map(listOf(day), Set::copyOf, days -> days.stream().sorted().toList());
    }

    private static String name(DayOfWeek day) {
        return day.name().substring(0, 3).toLowerCase(Locale.ROOT);
    }

    private static @Nullable DayOfWeek day(String text) {
        for (DayOfWeek day : DayOfWeek.values()) {
            String wanted = text.strip().toLowerCase(Locale.ROOT);
            if (wanted.length() >= 3 && day.name().toLowerCase(Locale.ROOT).startsWith(wanted)) {
                return day;
            }
        }
        return null;
    }

    private static ValueType<LocalTime> time() {
        return parsed(
                "time of day",
                ScheduleSection::time,
                LocalTime::toString,
                "must be a time of day such as 06:30, from 00:00 to 24:00");
    }

    private static @Nullable LocalTime time(String text) {
        String time = text.strip();
        if (time.equals("24:00")) {
            return LocalTime.MIDNIGHT;
        }
        try {
            return LocalTime.parse(time.indexOf(':') == 1 ? "0" + time : time);
        } catch (DateTimeException e) {
            return null;
        }
    }
}
