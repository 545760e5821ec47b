/** Box decoding, thresholds and suppression on a GPU. */
@NullMarked
package io.helmwatch.postprocess.cuda;

import org.jspecify.annotations.NullMarked;
