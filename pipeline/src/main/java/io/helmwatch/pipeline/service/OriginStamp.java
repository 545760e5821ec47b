package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.VideoFrame;

/** Stamps the detections of each frame with the node that has the stream. Threading: as {@link FrameAnalyzer}. */
final class OriginStamp implements FrameAnalyzer {
    private final StreamOwnership ownership;

    OriginStamp(StreamOwnership ownership) {
        this.ownership = ownership;
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        NodeEpoch origin = ownership.origin(detections.stream());
        return origin == null ? detections : detections.withOrigin(origin);
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
