package io.helmwatch.pipeline.ring;

import io.helmwatch.vision.Detection;
import java.util.List;

/**
 * Is notified of what happens in a pipeline, for metrics.
 *
 * <p>Threading: each method that belongs to a frame is called by the thread of one stage and must neither block nor allocate; streams are
 * added and removed by any thread.
 */
public interface PipelineListener {
    /** Ignores everything. */
    PipelineListener NONE = new PipelineListener() {};

    /** The stages are about to start. */
    default void onStart(HelmetPipeline pipeline) {}

    /** A stream was added and is about to start. */
    default void onStreamAdded(StreamFeed feed) {}

    /** A stream was removed. */
    default void onStreamRemoved(StreamFeed feed) {}

    /** A frame waited in the ring. Preprocess thread. */
    default void onQueued(long nanos) {}

    /** A batch was filled and submitted. Preprocess thread. */
    default void onPreprocessed(int frames, long nanos) {}

    /** A batch was analysed by the model. Postprocess thread. */
    default void onInferred(long nanos) {}

    /** The boxes of a frame were decoded. Postprocess thread. */
    default void onPostprocessed(long nanos) {}

    /** A frame was passed to analyzers and sinks, {@code nanos} after they got it and {@code totalNanos} after it was decoded. Sink thread. */
    default void onPublished(StreamFeed feed, long nanos, long totalNanos) {}

    /** A frame left the ring with its detections. Release thread. */
    default void onDetections(StreamFeed feed, List<Detection> detections) {}
}
