/** FFmpeg behind the interfaces of {@code ingest}: the source of a stream's frames, one player for each kind of input. */
@NullMarked
package io.helmwatch.ingest.ffmpeg;

import org.jspecify.annotations.NullMarked;
