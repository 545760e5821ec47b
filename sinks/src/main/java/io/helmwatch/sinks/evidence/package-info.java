/** Files that prove incidents: where they are, how long they are kept, and clips as fragmented MP4 with their sidecars. */
@NullMarked
package io.helmwatch.sinks.evidence;

import org.jspecify.annotations.NullMarked;
