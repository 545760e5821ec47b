/** Decoded frames to normalised network input: letterbox on a CPU or a GPU. */
@NullMarked
package io.helmwatch.preprocess;

import org.jspecify.annotations.NullMarked;
