/** The CPU backend: FFmpeg, libswscale and ONNX Runtime. */
@NullMarked
package io.helmwatch.pipeline.backend.cpu;

import org.jspecify.annotations.NullMarked;
