/** Detections to Apache Kafka: the sink, a probe, and a development broker inside the process. */
@NullMarked
package io.helmwatch.sinks.kafka;

import org.jspecify.annotations.NullMarked;
