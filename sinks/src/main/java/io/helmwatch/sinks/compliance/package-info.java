/** Counts of observed heads by stream, zone and minute: their message, where they are stored, and those that wait for the broker. */
@NullMarked
package io.helmwatch.sinks.compliance;

import org.jspecify.annotations.NullMarked;
