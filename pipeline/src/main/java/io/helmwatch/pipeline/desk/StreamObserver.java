package io.helmwatch.pipeline.desk;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameSource;

/**
 * Follows the streams that come and go while the service runs.
 *
 * <p>Threading: one call at a time.
 */
public interface StreamObserver {

    /** A stream is about to start. */
    void added(StreamConfig stream);

    /** The source of a stream is about to run, for the first time or again; its stream was added before. */
    default void starting(FrameSource source) {}

    /** A stream has other zones, masks or rules, and continues. */
    void changed(StreamConfig stream);

    /** A stream has ended, and all its frames have passed. */
    void removed(String stream);
}
