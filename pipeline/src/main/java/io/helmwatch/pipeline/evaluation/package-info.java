/** Accuracy: the comparison of backends and models. */
@NullMarked
package io.helmwatch.pipeline.evaluation;

import org.jspecify.annotations.NullMarked;
