/** Reports as HTML to print and as a table of comma-separated values. */
@NullMarked
package io.helmwatch.web.report;

import org.jspecify.annotations.NullMarked;
