/** From raw predictions to detections in source pixels: box decoding, non-maximum suppression. */
@NullMarked
package io.helmwatch.postprocess;

import org.jspecify.annotations.NullMarked;
