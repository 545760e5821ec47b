package io.helmwatch.pipeline.live;

import org.jspecify.annotations.Nullable;

/** Finds the streams that can be watched. Threading: any thread. */
@FunctionalInterface
public interface LiveSources {

    /** The stream of an id; null where there is none, or none at the moment. */
    @Nullable
    LiveSource find(String stream);
}
