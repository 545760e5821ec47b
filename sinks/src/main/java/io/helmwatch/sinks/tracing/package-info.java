/** Traces of incidents and of one frame in N, for a collector of OpenTelemetry. Loaded only where an endpoint is configured. */
@NullMarked
package io.helmwatch.sinks.tracing;

import org.jspecify.annotations.NullMarked;
