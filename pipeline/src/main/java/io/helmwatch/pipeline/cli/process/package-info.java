/** The process that a command runs in: signals and its end, standard error, the cache of native libraries. */
@NullMarked
package io.helmwatch.pipeline.cli.process;

import org.jspecify.annotations.NullMarked;
