/** Probes, metrics and stream states over HTTP. */
@NullMarked
package io.helmwatch.pipeline.http;

import org.jspecify.annotations.NullMarked;
