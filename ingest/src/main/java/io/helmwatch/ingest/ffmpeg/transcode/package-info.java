/** Video that is encoded: what may not be stored as it is, and what was drawn on. */
@NullMarked
package io.helmwatch.ingest.ffmpeg.transcode;

import org.jspecify.annotations.NullMarked;
