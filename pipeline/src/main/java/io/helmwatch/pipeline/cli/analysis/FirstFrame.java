package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.VideoFrame;

/** Passes the first frame to another analyzer and ignores those that follow. Threading: as {@link FrameAnalyzer}. */
final class FirstFrame implements FrameAnalyzer {
    private final FrameAnalyzer analyzer;
    private boolean passed;

    FirstFrame(FrameAnalyzer analyzer) {
        this.analyzer = analyzer;
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        if (passed) {
            return detections;
        }
        passed = true;
        return analyzer.analyze(detections, frame);
    }

    @Override
    public void close() {
        analyzer.close();
    }
}
