/** Packets without decoding: passed to receivers and written into MP4 fragments. */
@NullMarked
package io.helmwatch.ingest.ffmpeg.remux;

import org.jspecify.annotations.NullMarked;
