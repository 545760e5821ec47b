package io.helmwatch.sinks;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;

/**
 * Takes what the pipeline found. Never blocks for long and never throws: what cannot be delivered is counted.
 *
 * <p>Threading: {@link #publish} is called by one thread at a time per stream; {@link #close} once, after the last publish.
 */
public interface DetectionSink extends AutoCloseable {

    /** Short name for logs and metrics, e.g. {@code kafka}. */
    String name();

    /** Hands over what one frame showed. */
    void publish(FrameDetections detections);

    /** Hands over a change of a stream's state. */
    void publish(StreamStatus status);

    /** What became of what was handed over; live, for metrics and health. A sink that does not count has none. */
    default SinkStatistics statistics() {
        return SinkStatistics.NONE;
    }

    /** Delivers what is queued, within a bounded time, and frees everything; a second call does nothing. */
    @Override
    void close();
}
