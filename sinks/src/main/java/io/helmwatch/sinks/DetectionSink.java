package io.helmwatch.sinks;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamOutage;
import io.helmwatch.vision.StreamStatus;
import org.jspecify.annotations.Nullable;

/**
 * Receives detections and stream states. Implementations neither block for long nor throw: messages that cannot be delivered are
 * dropped and counted.
 *
 * <p>Threading: {@link #publish} is called by one thread at a time per stream; {@link #close} once, after the last publish.
 */
public interface DetectionSink extends AutoCloseable {

    /** Short name for logs and metrics, e.g. {@code kafka}. */
    String name();

    /** Publishes the detections of one frame. */
    void publish(FrameDetections detections);

    /** Publishes a change of a stream's state. */
    void publish(StreamStatus status);

    /** Publishes that a stream no longer exists, after its last state; does nothing for sinks that keep no states. */
    default void removeStream(String stream) {}

    /**
     * Says that another node had a stream that starts here next. Does nothing for sinks that keep no states.
     *
     * @param outage since when it has been offline there; null where it was online
     */
    default void takeOverStream(String stream, @Nullable StreamOutage outage) {}

    /** Publishes that another node takes a stream over: its state expires at once. Does nothing for sinks that keep no states. */
    default void releaseStream(String stream) {}

    /** Says nothing more of the state of a stream that another node may have already. */
    default void abandonStream(String stream) {}

    /** Live delivery statistics for metrics and health checks; {@link SinkStatistics#NONE} for a sink that keeps none. */
    default SinkStatistics statistics() {
        return SinkStatistics.NONE;
    }

    /** Delivers queued messages within a bounded time and releases all resources; a second call does nothing. */
    @Override
    void close();
}
