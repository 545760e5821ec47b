/** FFmpeg behind the interfaces of {@code ingest}: demuxing, decoding, upright pictures, the library's log. */
@NullMarked
package io.helmwatch.ingest.ffmpeg;

import org.jspecify.annotations.NullMarked;
