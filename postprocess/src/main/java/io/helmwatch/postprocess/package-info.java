/** Box decoding and non-maximum suppression: from raw predictions to detections in source pixels. */
@NullMarked
package io.helmwatch.postprocess;

import org.jspecify.annotations.NullMarked;
