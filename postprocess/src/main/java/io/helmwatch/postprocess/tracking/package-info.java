/** Tracks heads from frame to frame regardless of their label. Pure Java, nothing allocated per frame. */
@NullMarked
package io.helmwatch.postprocess.tracking;

import org.jspecify.annotations.NullMarked;
