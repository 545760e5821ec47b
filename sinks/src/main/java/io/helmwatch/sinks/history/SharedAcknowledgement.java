package io.helmwatch.sinks.history;

import org.jspecify.annotations.Nullable;

/**
 * What was said on some node of a cluster about an incident.
 *
 * @param incident its id, which this history need not know yet
 * @param acknowledgement who dealt with it; null where an acknowledgement was taken back
 * @param atMillis when it was said, milliseconds since 1970 UTC
 * @param change number of a change that was made in this history and is not published yet; 0 for others
 */
public record SharedAcknowledgement(
        String incident, RecordedIncident.@Nullable Acknowledgement acknowledgement, long atMillis, long change) {}
