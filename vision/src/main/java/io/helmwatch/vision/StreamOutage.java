package io.helmwatch.vision;

/**
 * A stream that has been offline since it was last online.
 *
 * @param sinceMillis when it went offline, milliseconds since 1970 UTC
 * @param knownMillis when whoever has the stream last said so, milliseconds since 1970 UTC
 * @param reason one sentence without secrets; may be empty
 */
public record StreamOutage(long sinceMillis, long knownMillis, String reason) {}
