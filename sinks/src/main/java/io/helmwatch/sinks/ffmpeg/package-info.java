/** Snapshots of incidents, drawn and encoded with OpenCV. */
@NullMarked
package io.helmwatch.sinks.ffmpeg;

import org.jspecify.annotations.NullMarked;
