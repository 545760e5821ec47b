package io.helmwatch.pipeline.ring;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;

/**
 * Works on what the frames showed before the sinks get it: tracking, masks, rules. Frames of one stream come in order.
 *
 * <p>Threading: frames and states of one stream come on the sink thread of its pipeline; where there are several devices, those of streams on
 * different ones may come at the same time. {@link #close} is called after all of them. Must not block. Errors: what it throws is logged and
 * counted, the detections then go on as they came.
 */
public interface FrameAnalyzer extends AutoCloseable {

    /**
     * One frame.
     *
     * @param detections what it showed
     * @param frame its picture, held only during the call
     * @return what the next analyzer and the sinks get, mostly the same object
     */
    FrameDetections analyze(FrameDetections detections, VideoFrame frame);

    /** A stream entered a state; comes in order with its frames. */
    default void onStatus(StreamStatus status) {}

    /** Finishes what is open; after the last frame. A second call does nothing. */
    @Override
    void close();
}
