/**
 * Opening and reading inputs with FFmpeg: files, folders of images, HTTP and RTSP cameras; who is authenticated to, where redirects may
 * lead, and what a failure means. Nothing is decoded here.
 */
@NullMarked
package io.helmwatch.ingest.ffmpeg.input;

import org.jspecify.annotations.NullMarked;
