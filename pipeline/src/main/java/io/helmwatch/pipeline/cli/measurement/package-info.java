/** Commands that measure speed and accuracy: bench, eval, compare, quantize. */
@NullMarked
package io.helmwatch.pipeline.cli.measurement;

import org.jspecify.annotations.NullMarked;
