package io.helmwatch.sinks.spool;

/**
 * An incident that has started and not ended.
 *
 * @param incident its id
 * @param stream its stream
 * @param revision number of its last message
 * @param value JSON of its last message
 */
record OpenIncident(String incident, String stream, int revision, byte[] value) {}
