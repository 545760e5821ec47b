package io.helmwatch.config;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Set;

/**
 * When a rule is in force: from one time of day to another, on some days of the week, on the clocks of one place.
 *
 * @param zone whose clocks, daylight saving included
 * @param days days on which the time begins
 * @param from first moment
 * @param to moment that no longer belongs; at or before {@code from} it is meant on the next day
 */
public record ScheduleConfig(ZoneId zone, Set<DayOfWeek> days, LocalTime from, LocalTime to) {

    /** Keeps its own copy of the days. */
    public ScheduleConfig {
        days = Set.copyOf(days);
    }

    /** Whether a moment belongs. */
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
