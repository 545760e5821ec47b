/** The command line, and the commands of the service and its installation. With the packages below, the only one that knows exit codes and standard output. */
@NullMarked
package io.helmwatch.pipeline.cli;

import org.jspecify.annotations.NullMarked;
