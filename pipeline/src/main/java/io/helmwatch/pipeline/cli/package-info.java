/** The command line: commands, options, printers. The only package that knows exit codes and standard output. */
@NullMarked
package io.helmwatch.pipeline.cli;

import org.jspecify.annotations.NullMarked;
