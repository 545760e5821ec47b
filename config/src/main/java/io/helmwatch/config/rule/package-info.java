/** Zones, masks, rules and schedules of a stream. Records with the keys that they are read from. */
@NullMarked
package io.helmwatch.config.rule;

import org.jspecify.annotations.NullMarked;
