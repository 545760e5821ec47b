/** Heads followed from frame to frame, whatever their label. Pure Java, nothing allocated per frame. */
@NullMarked
package io.helmwatch.postprocess.tracking;

import org.jspecify.annotations.NullMarked;
