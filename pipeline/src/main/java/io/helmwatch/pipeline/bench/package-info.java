/** Benchmarks of the whole pipeline and of its stages. */
@NullMarked
package io.helmwatch.pipeline.bench;

import org.jspecify.annotations.NullMarked;
