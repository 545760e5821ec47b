package io.helmwatch.web.report;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Figures and times of a report in words, as the page says them.
 *
 * <p>Threading: any thread.
 */
final class ReportWords {
    private static final String NONE = "–";
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMMM yyyy", Locale.ENGLISH);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("d MMM yyyy, HH:mm", Locale.ENGLISH);
    private static final int LONGEST_IN_SECONDS = 120;
    private static final int LONGEST_IN_MINUTES = 7_200;

    /** Why an incident ended; the reasons are those of the events. */
    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("compliance", "complied with"),
            Map.entry("absence", "nobody there any more"),
            Map.entry("left-zone", "left the zone"),
            Map.entry("uncertain", "not clear any more"),
            Map.entry("schedule", "outside the rule's times"),
            Map.entry("rule-changed", "the rule was changed"),
            Map.entry("static", "no person: never moved"),
            Map.entry("stream-ended", "the stream ended"),
            Map.entry("stream-lost", "the camera was lost"),
            Map.entry("interrupted", "Helmwatch was stopped"),
            Map.entry("node-lost", "its machine was lost"));

    private final ZoneId timeZone;

    ReportWords(ZoneId timeZone) {
        this.timeZone = timeZone;
    }

    String time(Instant instant) {
        return TIME.format(instant.atZone(timeZone));
    }

    /** Whole days by their dates, the last one included; other times with hours and minutes. */
    String period(Instant from, Instant to) {
        ZonedDateTime start = from.atZone(timeZone);
        ZonedDateTime end = to.atZone(timeZone);
        if (!isMidnight(start) || !isMidnight(end) || !from.isBefore(to)) {
            return time(from) + " to " + time(to);
        }
        String first = DAY.format(start);
        String last = DAY.format(end.minusDays(1));
        return first.equals(last) ? first : first + " to " + last;
    }

    private static boolean isMidnight(ZonedDateTime time) {
        return time.toLocalTime().equals(LocalTime.MIDNIGHT);
    }

    static String count(long count) {
        return String.format(Locale.ENGLISH, "%,d", count);
    }

    static String percent(@Nullable Double share) {
        return share == null ? NONE : String.format(Locale.ENGLISH, "%.1f %%", 100 * share);
    }

    /** 42 s, 3 min, 2.5 h. */
    static String duration(@Nullable Double seconds) {
        if (seconds == null) {
            return NONE;
        }
        if (seconds < LONGEST_IN_SECONDS) {
            return String.format(Locale.ENGLISH, "%.0f s", seconds);
        }
        return seconds < LONGEST_IN_MINUTES
                ? String.format(Locale.ENGLISH, "%.0f min", seconds / 60)
                : String.format(Locale.ENGLISH, "%.1f h", seconds / 3_600);
    }

    static String place(String stream, @Nullable String zone) {
        return zone == null ? stream : stream + " · " + zone;
    }

    static String end(@Nullable String reason) {
        return reason == null ? "open" : REASONS.getOrDefault(reason, reason);
    }

    /** Without logins nobody has a name. @param name null where nobody has acknowledged */
    static String acknowledgedBy(@Nullable String name) {
        if (name == null) {
            return "";
        }
        return name.isEmpty() ? "acknowledged" : name;
    }
}
