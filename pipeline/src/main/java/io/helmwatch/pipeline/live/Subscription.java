package io.helmwatch.pipeline.live;

import io.helmwatch.pipeline.live.WatchRequest.Wish;
import org.jspecify.annotations.Nullable;

/** A stream that a viewer watches. Threading: the wish by any thread, everything else by the stream's live thread. */
final class Subscription {
    /** How a stream is shown to a viewer. */
    enum Mode {
        /** Fragments of MP4. */
        FMP4,
        /** JPEG frames. */
        JPEG,
        /** Frame data only. */
        NONE
    }

    final LiveViewer viewer;
    volatile Wish wish;

    @Nullable
    Mode mode;

    String reason = "";
    /** The timeline that the viewer follows, in mode FMP4. */
    int epoch;

    Subscription(LiveViewer viewer, Wish wish) {
        this.viewer = viewer;
        this.wish = wish;
    }
}
