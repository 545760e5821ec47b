/** Telling people and machines about incidents, beside Kafka. */
@NullMarked
package io.helmwatch.sinks.notify;

import org.jspecify.annotations.NullMarked;
