package io.helmwatch.pipeline.ring;

import io.helmwatch.inference.InferenceLane;
import io.helmwatch.vision.ImageSize;
import org.jspecify.annotations.Nullable;

/**
 * An inference lane and the batch that it carries.
 *
 * <p>Threading: handed from the preprocess to an inference to the postprocess thread through the ring. Ownership: the lane belongs
 * to {@link Stages}.
 */
final class BatchLane {
    private final LaneRotation rotation;
    private final InferenceLane lane;
    private final int worker;
    private final FrameSlot[] slots;
    private @Nullable ImageSize imageSize;
    private int size;
    private boolean failed;
    private long openedNanos;
    private long submittedNanos;

    BatchLane(LaneRotation rotation, InferenceLane lane, int worker) {
        this.rotation = rotation;
        this.lane = lane;
        this.worker = worker;
        this.slots = new FrameSlot[lane.maxBatch()];
    }

    InferenceLane lane() {
        return lane;
    }

    /** Number of the inference handler that runs this lane. */
    int worker() {
        return worker;
    }

    /** Discards the last batch. */
    void clear() {
        size = 0;
        failed = false;
    }

    /** Starts a batch of frames whose input has this size. */
    void open(ImageSize inputSize, long nowNanos) {
        clear();
        lane.resize(inputSize);
        imageSize = inputSize;
        openedNanos = nowNanos;
    }

    /** Whether the frames of the batch have this size of the input. */
    boolean hasSize(ImageSize inputSize) {
        return inputSize.equals(imageSize);
    }

    int size() {
        return size;
    }

    /** Adds the frame of a slot, whose pixels are in the input. */
    void add(FrameSlot slot) {
        slots[size] = slot;
        size++;
    }

    /** The slot of a place in the batch. */
    FrameSlot slot(int place) {
        return slots[place];
    }

    boolean isFull() {
        return size == lane.maxBatch();
    }

    /** Gives the whole batch up. */
    void fail() {
        failed = true;
    }

    boolean isFailed() {
        return failed;
    }

    /** The batch is complete: the lane may carry another one. Postprocess thread. */
    void free() {
        rotation.free();
    }

    long openedNanos() {
        return openedNanos;
    }

    void submitted(long nowNanos) {
        submittedNanos = nowNanos;
    }

    long submittedNanos() {
        return submittedNanos;
    }
}
