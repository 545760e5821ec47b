/** Clips of incidents: packets of the streams are kept in memory, and written to a file when an incident starts. */
@NullMarked
package io.helmwatch.pipeline.clips;

import org.jspecify.annotations.NullMarked;
