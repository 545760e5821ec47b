package io.helmwatch.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleConfigTest {
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
