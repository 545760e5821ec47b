package io.helmwatch.sinks.history;

import org.jspecify.annotations.Nullable;

/**
 * A search for incidents; a null field filters nothing.
 *
 * @param fromMillis earliest start, milliseconds since 1970 UTC
 * @param toMillis start before
 * @param stream id of the stream
 * @param zone name of the zone
 * @param rule name of the rule
 * @param state state of the incident
 * @param limit largest number of incidents, at least 1
 * @param before incidents that are listed after this one; null from the newest on
 */
public record IncidentQuery(
        @Nullable Long fromMillis,
        @Nullable Long toMillis,
        @Nullable String stream,
        @Nullable String zone,
        @Nullable String rule,
        State state,
        int limit,
        @Nullable Cursor before) {

    /** Which incidents. */
    public enum State {
        /** Every one. */
        ALL,
        /** Not ended. */
        OPEN,
        /** Not acknowledged. */
        NEW,
        /** Acknowledged. */
        ACKNOWLEDGED
    }

    /**
     * The place of an incident in the order of searches: newest start first, of equal ones the later recorded first.
     *
     * @param startedMillis its start
     * @param number its number in the file
     */
    public record Cursor(long startedMillis, long number) {}
}
