/** Meters of the sinks and incidents. */
@NullMarked
package io.helmwatch.pipeline.metrics;

import org.jspecify.annotations.NullMarked;
