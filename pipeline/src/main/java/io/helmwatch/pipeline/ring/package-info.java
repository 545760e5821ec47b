/** The ring: streams in, detections out, one slot per frame. Knows the stages, no backend, no command line, no HTTP. */
@NullMarked
package io.helmwatch.pipeline.ring;

import org.jspecify.annotations.NullMarked;
