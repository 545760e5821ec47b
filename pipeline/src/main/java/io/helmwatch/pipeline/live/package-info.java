/** Live video with what is detected in it, for people who watch: one socket for a viewer, one remuxer for a stream. */
@NullMarked
package io.helmwatch.pipeline.live;

import org.jspecify.annotations.NullMarked;
