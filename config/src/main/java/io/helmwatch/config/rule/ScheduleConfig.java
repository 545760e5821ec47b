package io.helmwatch.config.rule;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Set;

/**
 * When a rule is in force: from one time of day to another, on some days of the week, in one time zone.
 *
 * @param zone time zone, with its daylight saving
 * @param days days on which the time starts
 * @param from first moment
 * @param to first moment after; on the next day where it is at or before {@code from}
 */
public record ScheduleConfig(ZoneId zone, Set<DayOfWeek> days, LocalTime from, LocalTime to) {

    /** Keeps its own copy of the days. */
    public ScheduleConfig {
        days = Set.copyOf(days);
    }

    /** Whether the rule is in force at a moment. */
    public boolean includes(Instant moment) {
        ZonedDateTime local = moment.atZone(zone);
        LocalTime time = local.toLocalTime();
        DayOfWeek day = local.getDayOfWeek();
        if (from.isBefore(to)) {
            return days.contains(day) && !time.isBefore(from) && time.isBefore(to);
        }
        return time.isBefore(to) ? days.contains(day.minus(1)) : !time.isBefore(from) && days.contains(day);
    }
}
