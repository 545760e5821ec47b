package io.helmwatch.web.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.FieldError;
import io.helmwatch.web.RefusedException.Kind;
import io.helmwatch.web.access.Caller;
import java.net.InetAddress;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request of the API.
 *
 * @param caller who makes it
 * @param remote address of the client
 * @param path values in the path by name
 * @param query values of the query by name
 * @param uri path and query as they were sent
 * @param body content; empty where there is none
 * @param sessionId the session's cookie; null where there is none
 * @param range the header {@code Range}; null where there is none
 */
public record Call(
        Caller caller,
        InetAddress remote,
        Map<String, String> path,
        Map<String, String> query,
        String uri,
        byte[] body,
        @Nullable String sessionId,
        @Nullable String range) {
    private static final int LONGEST_ID = 512;
    /** What a report can name: calendars of time zones end near the ends of {@code Instant}. */
    private static final Instant FIRST_TIME = Instant.EPOCH;

    private static final Instant LAST_TIME = Instant.parse("9999-12-31T23:59:59.999999999Z");

    /** The id in the path. */
    String id() {
        String id = path.getOrDefault("id", "");
        if (id.isEmpty() || id.length() > LONGEST_ID) {
            throw RefusedException.notFound("there is nothing of this id");
        }
        return id;
    }

    /** The incident's id in the path, where a tilde stands for the slashes of the events' ids. */
    String incidentId() {
        return id().replace('~', '/');
    }

    <T> T body(Class<T> type) {
        return Json.read(body, type);
    }

    JsonNode tree() {
        return Json.tree(body);
    }

    @Nullable
    String text(String name) {
        String value = query.get(name);
        return value == null || value.isEmpty() ? null : value;
    }

    @Nullable
    Instant instant(String name) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        Instant time = time(value, null);
        if (time == null) {
            throw invalid(name, "must be a time in UTC such as 2026-11-20T12:00:00Z, from 1970 to 9999");
        }
        return time;
    }

    /**
     * A time, or the first moment of a day.
     *
     * @param timeZone time zone of days
     * @return null where it is not given
     */
    @Nullable
    Instant dayOrInstant(String name, ZoneId timeZone) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        Instant time = time(value, timeZone);
        if (time == null) {
            throw invalid(
                    name,
                    "must be a day such as 2026-11-20 or a time in UTC such as 2026-11-20T12:00:00Z, from 1970 to 9999");
        }
        return time;
    }

    /** Null where the text is none that is accepted. @param timeZone time zone of days; null where days are not accepted */
    private static @Nullable Instant time(String text, @Nullable ZoneId timeZone) {
        try {
            Instant time = timeZone == null || text.indexOf('T') >= 0
                    ? Instant.parse(text)
                    : LocalDate.parse(text).atStartOfDay(timeZone).toInstant();
            return time.isBefore(FIRST_TIME) || time.isAfter(LAST_TIME) ? null : time;
        } catch (DateTimeException damaged) {
            return null;
        }
    }

    int number(String name, int byDefault, int max) {
        String value = text(name);
        if (value == null) {
            return byDefault;
        }
        try {
            int number = Integer.parseInt(value);
            if (number >= 1 && number <= max) {
                return number;
            }
        } catch (NumberFormatException damaged) {
            // Refused below.
        }
        throw invalid(name, "must be a whole number from 1 to " + max);
    }

    boolean flag(String name) {
        String value = text(name);
        if (value == null || value.equals("false")) {
            return false;
        }
        if (value.equals("true")) {
            return true;
        }
        throw invalid(name, "must be true or false");
    }

    <E extends Enum<E>> E choice(String name, Class<E> type, E byDefault) {
        String value = text(name);
        if (value == null) {
            return byDefault;
        }
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(value)) {
                return constant;
            }
        }
        throw invalid(name, "must be one of " + String.join(", ", Schemas.names(type)));
    }

    private static RefusedException invalid(String name, String rule) {
        return new RefusedException(
                Kind.INVALID, "query parameter " + name + " " + rule, List.of(new FieldError(name, rule)));
    }
}
