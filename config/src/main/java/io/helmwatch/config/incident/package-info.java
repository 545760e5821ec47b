/** How incidents are tracked, persisted and documented with snapshots. Records with the keys that they are read from. */
@NullMarked
package io.helmwatch.config.incident;

import org.jspecify.annotations.NullMarked;
