package io.helmwatch.sinks.spool;

/**
 * A message in the spool.
 *
 * @param position position in the spool; later messages have larger ones
 * @param id the message's id
 * @param incident the incident's id; of a notification about a stream or a node, the message's
 * @param stream the stream's id; of a notification about a node, its name
 * @param phase of the incident, as events write it; of a notification about a stream or a node, its type
 * @param atMillis when what it says happened, milliseconds since 1970 UTC: of an incident, the capture time of the frame that caused it
 * @param value the JSON, the same bytes whenever it is sent
 */
public record SpooledEvent(
        long position, String id, String incident, String stream, String phase, long atMillis, byte[] value) {}
