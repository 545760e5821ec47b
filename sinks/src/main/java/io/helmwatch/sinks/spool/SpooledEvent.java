package io.helmwatch.sinks.spool;

/**
 * A message in the spool.
 *
 * @param position position in the spool; later messages have larger ones
 * @param id the message's id
 * @param incident the incident's id
 * @param stream the stream's id
 * @param phase {@code start}, {@code update} or {@code end}
 * @param atMillis capture time of the frame that caused it
 * @param value the JSON, the same bytes whenever it is sent
 */
public record SpooledEvent(
        long position, String id, String incident, String stream, String phase, long atMillis, byte[] value) {}
