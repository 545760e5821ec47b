package io.helmwatch.ingest;

import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;

/** What a source reports while it runs; called on the source's thread only. Must not throw. */
public interface FrameReceiver {

    /**
     * Offers a decoded frame. The receiver keeps it with {@link FrameLease#take}-ing it during the call, and may block to slow
     * a file down; a frame that is still held on return is released by the source.
     */
    void onFrame(FrameLease frame);

    /** A frame was decoded but is not offered, for a cause that the source knows ({@code SAMPLED}, {@code CORRUPT}). */
    void onDropped(DropCause cause);

    /** The stream entered a state. */
    void onStatus(StreamStatus status);
}
