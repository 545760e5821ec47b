package io.helmwatch.pipeline.ring;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;

/**
 * Processes the detections of frames before the sinks receive them: tracking, masks, rules. Frames of one stream come in order.
 *
 * <p>Threading: frames and states of one stream come on the sink thread of its pipeline; where there are several devices, those of streams on
 * different ones may come at the same time. {@link #close} is called after all of them. Must not block. Errors: what it throws is logged and
 * counted, the detections then go on as they came.
 */
public interface FrameAnalyzer extends AutoCloseable {

    /**
     * One frame.
     *
     * @param detections of the frame
     * @param frame its pixels, valid only during the call
     * @return what the next analyzer and the sinks receive, mostly the same object
     */
    FrameDetections analyze(FrameDetections detections, VideoFrame frame);

    /** A stream entered a state; in order with its frames. */
    default void onStatus(StreamStatus status) {}

    /** Completes what is open; after the last frame. A second call does nothing. */
    @Override
    void close();
}
