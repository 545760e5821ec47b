/** Models on a GPU with TensorRT: building engines from ONNX, caching them on disk, running them in lanes. */
@NullMarked
package io.helmwatch.inference.tensorrt;

import org.jspecify.annotations.NullMarked;
