/** Commands that analyse files or a frame once: detect, replay, snapshot. */
@NullMarked
package io.helmwatch.pipeline.cli.analysis;

import org.jspecify.annotations.NullMarked;
