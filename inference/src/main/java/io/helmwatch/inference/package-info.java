/** Detection models: reading, analysing and converting ONNX files, and the interface of the engines that run them. */
@NullMarked
package io.helmwatch.inference;

import org.jspecify.annotations.NullMarked;
