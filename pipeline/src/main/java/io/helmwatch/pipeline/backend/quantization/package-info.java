/** What INT8 on a CPU and on a GPU share: the images to calibrate and check on, and the comparison of detections with FP32. */
@NullMarked
package io.helmwatch.pipeline.backend.quantization;

import org.jspecify.annotations.NullMarked;
