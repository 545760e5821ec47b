/** Letterbox on a GPU: one launch for a batch of frames wherever they lie. */
@NullMarked
package io.helmwatch.preprocess.cuda;

import org.jspecify.annotations.NullMarked;
