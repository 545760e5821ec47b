/** The choice of a backend and the placement of streams on its devices. */
@NullMarked
package io.helmwatch.pipeline.backend;

import org.jspecify.annotations.NullMarked;
