package io.helmwatch.pipeline.evaluation;

import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.VideoFrame;

/**
 * Replaces capture times by a start time plus the presentation time of the recording, so that a replay can be repeated.
 *
 * @param startMillis capture time of the first frame, in milliseconds since 1970-01-01 UTC
 */
public record RecordedTime(long startMillis) implements FrameAnalyzer {
    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        return new FrameDetections(
                detections.stream(),
                Math.floorDiv(startMillis, 1_000L),
                detections.sequence(),
                detections.ptsNanos(),
                startMillis + detections.ptsNanos() / 1_000_000,
                detections.size(),
                detections.model(),
                detections.detections());
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
