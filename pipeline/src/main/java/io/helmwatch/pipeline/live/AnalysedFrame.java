package io.helmwatch.pipeline.live;

import io.helmwatch.vision.FrameDetections;
import java.util.List;

/**
 * What was detected in one frame, and when the frame is shown.
 *
 * @param detections of the frame
 * @param mediaEpoch as {@link io.helmwatch.vision.FrameInfo#mediaEpoch}
 * @param mediaTimeNanos as {@link io.helmwatch.vision.FrameInfo#mediaTimeNanos}
 * @param tracks ids of the tracks of the detections in their order, 0 where there is none
 * @param isStatic whether the heads of the detections, in their order, have never moved
 * @param incidents ids of the stream's open incidents
 */
record AnalysedFrame(
        FrameDetections detections,
        int mediaEpoch,
        long mediaTimeNanos,
        List<Integer> tracks,
        List<Boolean> isStatic,
        List<String> incidents) {

    /** Seconds on the timeline of JPEG frames, which is that of the stream's run. */
    double runSeconds() {
        return detections.ptsNanos() / 1e9;
    }
}
