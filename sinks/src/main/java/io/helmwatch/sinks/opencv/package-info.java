/** Snapshots of incidents, drawn and encoded with OpenCV. */
@NullMarked
package io.helmwatch.sinks.opencv;

import org.jspecify.annotations.NullMarked;
