/** Incidents on disk between the rule's decision and the broker's acknowledgement. */
@NullMarked
package io.helmwatch.sinks.spool;

import org.jspecify.annotations.NullMarked;
