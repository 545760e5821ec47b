/** Sinks for detections and incidents, and the event format. */
@NullMarked
package io.helmwatch.sinks;

import org.jspecify.annotations.NullMarked;
