package io.helmwatch.config.http;

import java.time.LocalTime;

/**
 * A shift of every day, in the time zone of the desk.
 *
 * @param name name in reports
 * @param from first moment; a full quarter of an hour
 * @param to first moment after, a full quarter of an hour; on the next day where it is at or before {@code from}
 */
public record ShiftConfig(String name, LocalTime from, LocalTime to) {

    /** Whether a time of day belongs to the shift. */
    public boolean includes(LocalTime time) {
        return from.isBefore(to)
                ? !time.isBefore(from) && time.isBefore(to)
                : !time.isBefore(from) || time.isBefore(to);
    }
}
