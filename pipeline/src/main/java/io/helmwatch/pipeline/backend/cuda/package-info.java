/** The GPU backend: NVDEC, CUDA kernels and TensorRT. */
@NullMarked
package io.helmwatch.pipeline.backend.cuda;

import org.jspecify.annotations.NullMarked;
