package io.helmwatch.config.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleConfigTest {

    /**
     * Berlin's clocks go from 02:00 to 03:00 on 2026-03-29 (01:00 UTC) and from 03:00 to 02:00 on 2026-10-25 (01:00 UTC), both
     * Sundays; Havana's from 00:00 to 01:00 on 2026-03-08, a Sunday.
     */
    @ParameterizedTest
    @CsvSource({
        "Europe/Berlin, 02:30, 02:45, SUNDAY, 2026-10-25T00:31:00Z, true",
        "Europe/Berlin, 02:30, 02:45, SUNDAY, 2026-10-25T01:31:00Z, true",
        "Europe/Berlin, 02:30, 02:45, SUNDAY, 2026-10-25T00:45:00Z, false",
        "Europe/Berlin, 02:30, 02:45, SUNDAY, 2026-10-25T01:29:59Z, false",
        "Europe/Berlin, 02:30, 03:15, SUNDAY, 2026-03-29T00:59:59Z, false",
        "Europe/Berlin, 02:30, 03:15, SUNDAY, 2026-03-29T01:00:00Z, true",
        "Europe/Berlin, 02:30, 03:15, SUNDAY, 2026-03-29T01:14:59Z, true",
        "Europe/Berlin, 02:30, 03:15, SUNDAY, 2026-03-29T01:15:00Z, false",
        "Europe/Berlin, 02:30, 02:45, SUNDAY, 2026-03-29T01:00:00Z, false",
        "Europe/Berlin, 22:00, 06:00, SATURDAY, 2026-03-29T03:59:59Z, true",
        "Europe/Berlin, 22:00, 06:00, SATURDAY, 2026-03-29T04:00:00Z, false",
        "Europe/Berlin, 22:00, 06:00, SATURDAY, 2026-10-25T04:59:59Z, true",
        "Europe/Berlin, 22:00, 06:00, SATURDAY, 2026-10-25T05:00:00Z, false",
        "America/Havana, 00:00, 06:00, SUNDAY, 2026-03-08T05:00:00Z, true",
        "America/Havana, 23:00, 00:30, SATURDAY, 2026-03-08T04:59:59Z, true",
        "America/Havana, 23:00, 00:30, SATURDAY, 2026-03-08T05:00:00Z, false",
        "UTC+2, 02:30, 02:45, SUNDAY, 2026-10-25T00:31:00Z, true",
        "UTC+2, 02:30, 02:45, SUNDAY, 2026-10-25T01:31:00Z, false",
    })
    void shouldFollowTheClocksOnTheWallWhenTheyChange(
            ZoneId zone, String from, String to, DayOfWeek day, String moment, boolean expected) {
        ScheduleConfig schedule = new ScheduleConfig(zone, Set.of(day), LocalTime.parse(from), LocalTime.parse(to));
        assertThat(schedule.includes(Instant.parse(moment))).isEqualTo(expected);
    }
    /** 2026-11-20 is a Friday; Berlin is an hour ahead of UTC in November. */
    @ParameterizedTest
    @CsvSource({
        "06:00, 20:00, FRIDAY, 2026-11-20T05:00:00Z, true",
        "06:00, 20:00, FRIDAY, 2026-11-20T04:59:59Z, false",
        "06:00, 20:00, FRIDAY, 2026-11-20T18:59:59Z, true",
        "06:00, 20:00, FRIDAY, 2026-11-20T19:00:00Z, false",
        "06:00, 20:00, FRIDAY, 2026-11-21T12:00:00Z, false",
        "22:00, 05:00, FRIDAY, 2026-11-20T21:30:00Z, true",
        "22:00, 05:00, FRIDAY, 2026-11-21T03:30:00Z, true",
        "22:00, 05:00, FRIDAY, 2026-11-20T03:30:00Z, false",
        "22:00, 05:00, FRIDAY, 2026-11-21T21:30:00Z, false",
        "00:00, 00:00, FRIDAY, 2026-11-20T12:00:00Z, true",
        "00:00, 00:00, FRIDAY, 2026-11-21T12:00:00Z, false",
    })
    void shouldKnowWhenAScheduleIsInForce(String from, String to, DayOfWeek day, String moment, boolean expected) {
        ScheduleConfig schedule =
                new ScheduleConfig(ZoneId.of("Europe/Berlin"), Set.of(day), LocalTime.parse(from), LocalTime.parse(to));
        assertThat(schedule.includes(Instant.parse(moment))).isEqualTo(expected);
    }
}
