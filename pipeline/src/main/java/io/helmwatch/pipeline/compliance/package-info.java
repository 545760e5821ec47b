/** Counts observed heads by stream, zone and minute, once, and records the counts in the history and for the broker. */
@NullMarked
package io.helmwatch.pipeline.compliance;

import org.jspecify.annotations.NullMarked;
