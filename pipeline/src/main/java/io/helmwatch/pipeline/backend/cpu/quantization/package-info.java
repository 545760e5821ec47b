/** INT8 on a CPU: calibration on images, and the decision whether a model loses little enough accuracy. */
@NullMarked
package io.helmwatch.pipeline.backend.cpu.quantization;

import org.jspecify.annotations.NullMarked;
