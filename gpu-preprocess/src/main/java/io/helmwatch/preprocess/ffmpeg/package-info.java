/** Letterbox on a CPU with FFmpeg's libswscale. */
@NullMarked
package io.helmwatch.preprocess.ffmpeg;

import org.jspecify.annotations.NullMarked;
