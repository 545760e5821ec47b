/** The nouns of the pipeline: frames, sizes, pixel formats, letterbox geometry, tensors, detections. Pure Java; no dependencies on other modules. */
@NullMarked
package io.helmwatch.vision;

import org.jspecify.annotations.NullMarked;
