/** Letterbox on a GPU: one launch for a batch of frames in device or host memory. */
@NullMarked
package io.helmwatch.preprocess.cuda;

import org.jspecify.annotations.NullMarked;
