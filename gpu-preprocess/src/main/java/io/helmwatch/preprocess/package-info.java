/** Letterbox from decoded frames to the normalised input of a model, on a CPU or a GPU. */
@NullMarked
package io.helmwatch.preprocess;

import org.jspecify.annotations.NullMarked;
