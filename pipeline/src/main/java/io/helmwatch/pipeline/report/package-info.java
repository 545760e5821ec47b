/** Reports of commands as JSON. */
@NullMarked
package io.helmwatch.pipeline.report;

import org.jspecify.annotations.NullMarked;
