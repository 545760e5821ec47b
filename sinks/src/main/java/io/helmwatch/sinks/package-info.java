/** Where detections go: Kafka, JSON lines, memory; the event format. */
@NullMarked
package io.helmwatch.sinks;

import org.jspecify.annotations.NullMarked;
