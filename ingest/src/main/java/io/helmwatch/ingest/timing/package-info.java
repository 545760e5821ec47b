/** Time of frames: presentation time, time of capture, sampling, pacing, and the windows that decide a stream's state. Pure Java. */
@NullMarked
package io.helmwatch.ingest.timing;

import org.jspecify.annotations.NullMarked;
