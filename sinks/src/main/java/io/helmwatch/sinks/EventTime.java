package io.helmwatch.sinks;

import java.time.LocalDate;

/**
 * Times of events: RFC 3339 in UTC with milliseconds, e.g. {@code 2026-11-20T12:00:00.040Z}. Years 1970 to 9999; times outside
 * are clamped.
 *
 * <p>An instance keeps the date that it formatted last, so that times of the same day allocate nothing. Threading: an instance
 * belongs to one thread at a time; {@link #format} may be called by any.
 */
public final class EventTime {
    static final int LENGTH = 24;

    private static final long LAST_MILLIS = 253_402_300_799_999L;
    private static final long MILLIS_PER_DAY = 86_400_000L;

    private final char[] text = "1970-01-01T00:00:00.000Z".toCharArray();
    private long epochDay;

    EventTime() {}

    /** A time as text. */
    public static String format(long epochMillis) {
        return new String(new EventTime().render(epochMillis));
    }

    /** Renders a time into the instance's buffer of {@value #LENGTH} characters, which the next call overwrites. */
    char[] render(long epochMillis) {
        long bounded = Math.max(0, Math.min(LAST_MILLIS, epochMillis));
        renderDate(bounded / MILLIS_PER_DAY);
        int ofDay = (int) (bounded % MILLIS_PER_DAY);
        put(11, ofDay / 3_600_000, 2);
        put(14, ofDay / 60_000 % 60, 2);
        put(17, ofDay / 1_000 % 60, 2);
        put(20, ofDay % 1_000, 3);
        return text;
    }

    private void renderDate(long day) {
        if (day == epochDay) {
            return;
        }
        epochDay = day;
        LocalDate date = LocalDate.ofEpochDay(day);
        put(0, date.getYear(), 4);
        put(5, date.getMonthValue(), 2);
        put(8, date.getDayOfMonth(), 2);
    }

    private void put(int from, int value, int width) {
        int rest = value;
        for (int i = from + width - 1; i >= from; i--) {
            text[i] = (char) ('0' + rest % 10);
            rest /= 10;
        }
    }
}
