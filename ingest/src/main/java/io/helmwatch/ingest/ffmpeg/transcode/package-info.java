/** Video that is encoded again because it may not be stored as it is. */
@NullMarked
package io.helmwatch.ingest.ffmpeg.transcode;

import org.jspecify.annotations.NullMarked;
