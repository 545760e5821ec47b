/** Models on a CPU with ONNX Runtime. */
@NullMarked
package io.helmwatch.inference.onnx;

import org.jspecify.annotations.NullMarked;
