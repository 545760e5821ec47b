/** What happened: incidents and counts of observed heads in a file of their own, independent of the broker. */
@NullMarked
package io.helmwatch.sinks.history;

import org.jspecify.annotations.NullMarked;
