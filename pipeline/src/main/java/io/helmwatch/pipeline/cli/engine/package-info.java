/** The command {@code engine}: TensorRT engines. */
@NullMarked
package io.helmwatch.pipeline.cli.engine;

import org.jspecify.annotations.NullMarked;
