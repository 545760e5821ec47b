/** From packets to frames: decoders in software and on a GPU, conversion of pixel formats, and the lease on a decoded frame. */
@NullMarked
package io.helmwatch.ingest.ffmpeg.decode;

import org.jspecify.annotations.NullMarked;
