/**
 * Benchmarks of CUDA kernels and TensorRT engines. They use the public interfaces of what they measure; only the command line
 * depends on this package.
 */
@NullMarked
package io.helmwatch.pipeline.bench.cuda;

import org.jspecify.annotations.NullMarked;
