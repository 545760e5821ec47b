/** Where events go: Kafka, JSON lines, notifications. Records with the keys that they are read from. */
@NullMarked
package io.helmwatch.config.sink;

import org.jspecify.annotations.NullMarked;
