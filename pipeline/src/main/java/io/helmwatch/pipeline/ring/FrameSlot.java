package io.helmwatch.pipeline.ring;

import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.tensor.Letterbox;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A slot of the ring: a frame, or a change of a stream's state, which passes the same stages so that it stays in order with the
 * frames of the stream.
 *
 * <p>Threading: owned by the thread whose turn it is; the ring hands it on. Ownership: owns its lease from the making of the ring to
 * the closing of the pipeline; the frame in the lease is released by {@link ReleaseHandler}.
 */
final class FrameSlot {
    private final FrameLease lease;

    private @Nullable StreamFeed feed;
    private @Nullable StreamStatus status;
    private @Nullable DropCause dropCause;

    private @Nullable BatchLane lane;
    private @Nullable Letterbox letterbox;
    private int placeInBatch;

    private @Nullable List<Detection> detections;
    private @Nullable FrameDetections published;

    FrameSlot(FrameLease lease) {
        this.lease = lease;
    }

    /** Moves a frame in. Producer's thread. */
    void fill(StreamFeed from, FrameLease frame) {
        feed = from;
        lease.take(frame);
    }

    /** Puts a state change in. Producer's thread. */
    void fill(StreamFeed from, StreamStatus change) {
        feed = from;
        status = change;
    }

    FrameLease lease() {
        return lease;
    }

    /** The stream it belongs to; null only in a slot that could not be filled. */
    @Nullable
    StreamFeed feed() {
        return feed;
    }

    @Nullable
    StreamStatus status() {
        return status;
    }

    /** Whether it carries a frame that is still to be worked on. */
    boolean isAlive() {
        return feed != null && status == null && dropCause == null;
    }

    /** Why the frame is not analysed; null while it is. */
    @Nullable
    DropCause dropCause() {
        return dropCause;
    }

    /** Drops the frame; the first cause is kept. */
    void drop(DropCause cause) {
        if (dropCause == null) {
            dropCause = cause;
        }
    }

    /** Says where in which batch the frame is. */
    void place(BatchLane batch, int place, Letterbox geometry) {
        lane = batch;
        placeInBatch = place;
        letterbox = geometry;
    }

    /** The lane that carries the frame; null before preprocessing and for what was dropped before. */
    @Nullable
    BatchLane lane() {
        return lane;
    }

    @Nullable
    Letterbox letterbox() {
        return letterbox;
    }

    int placeInBatch() {
        return placeInBatch;
    }

    @Nullable
    List<Detection> detections() {
        return detections;
    }

    void setDetections(List<Detection> found) {
        detections = found;
    }

    @Nullable
    FrameDetections published() {
        return published;
    }

    void setPublished(FrameDetections message) {
        published = message;
    }

    /** Releases the frame and clears the slot. */
    void clear() {
        lease.release();
        feed = null;
        status = null;
        dropCause = null;
        lane = null;
        letterbox = null;
        placeInBatch = 0;
        detections = null;
        published = null;
    }
}
