/** INT8 engines: calibration, the comparison with FP32, and the report on it. */
@NullMarked
package io.helmwatch.pipeline.backend.cuda.quantization;

import org.jspecify.annotations.NullMarked;
