package io.helmwatch.ingest.ffmpeg.transcode;

import io.helmwatch.vision.ImageSize;

/** Changes frames between decoding and encoding. Threading: the transcoder's thread. */
@FunctionalInterface
public interface FrameEditor {

    /**
     * Changes a frame.
     *
     * @param mediaTimeNanos as {@link io.helmwatch.vision.FrameInfo#mediaTimeNanos}
     * @param sourceSize size of the decoded frame, upright and with square pixels
     * @param image the frame, scaled to the size of the video
     * @return false drops the frame
     */
    boolean edit(long mediaTimeNanos, ImageSize sourceSize, ImagePlanes image);
}
