/** Incidents on disk from the rule's decision until the broker's acknowledgement. */
@NullMarked
package io.helmwatch.sinks.spool;

import org.jspecify.annotations.NullMarked;
