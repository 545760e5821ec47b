package io.helmwatch.pipeline.desk;

import io.helmwatch.config.stream.StreamConfig;

/**
 * Follows the streams that come and go while the service runs.
 *
 * <p>Threading: one call at a time.
 */
public interface StreamObserver {

    /** A stream is about to start. */
    void added(StreamConfig stream);

    /** A stream has other zones, masks or rules, and goes on. */
    void changed(StreamConfig stream);

    /** A stream has ended, and all its frames have passed. */
    void removed(String stream);
}
