/** Log lines without secrets, for Logback. */
@NullMarked
package io.helmwatch.pipeline.cli.log;

import org.jspecify.annotations.NullMarked;
