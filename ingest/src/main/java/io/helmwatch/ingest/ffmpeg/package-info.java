/** FFmpeg behind the interfaces of {@code ingest}: demuxing, decoding, orientation and pixel formats, the library's log. */
@NullMarked
package io.helmwatch.ingest.ffmpeg;

import org.jspecify.annotations.NullMarked;
