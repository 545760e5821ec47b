/** Delivering what waits on disk to somebody who may be away. */
@NullMarked
package io.helmwatch.sinks.delivery;

import org.jspecify.annotations.NullMarked;
