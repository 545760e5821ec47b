package io.helmwatch.sinks.spool;

/**
 * A message that the broker rejected for good.
 *
 * @param event the message; its position is 0
 * @param reason why the broker rejected it
 * @param setAsideAt when it was moved to the dead-letter file, RFC 3339
 */
public record DeadLetter(SpooledEvent event, String reason, String setAsideAt) {}
