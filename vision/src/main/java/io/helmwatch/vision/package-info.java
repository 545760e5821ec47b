/** The nouns of the pipeline: frames, sizes, pixel formats, detections, incidents, states of streams. Pure Java; no dependencies on other modules. */
@NullMarked
package io.helmwatch.vision;

import org.jspecify.annotations.NullMarked;
