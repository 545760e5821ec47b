/** The nouns of the pipeline: frames, sizes, pixel formats, letterbox geometry, tensors, detections. Pure Java; depends on nothing of ours. */
@NullMarked
package io.helmwatch.vision;

import org.jspecify.annotations.NullMarked;
