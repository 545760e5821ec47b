package io.helmwatch.pipeline.ring;

import io.helmwatch.inference.InferenceLane;

/**
 * An inference lane and the batch that it carries.
 *
 * <p>Threading: handed from the preprocess to an inference to the postprocess thread through the ring. Ownership: the lane belongs
 * to {@link Stages}.
 */
final class BatchLane {
    private final InferenceLane lane;
    private final int worker;
    private int size;
    private boolean failed;
    private boolean awaited;
    private long openedNanos;
    private long submittedNanos;

    BatchLane(InferenceLane lane, int worker) {
        this.lane = lane;
        this.worker = worker;
    }

    InferenceLane lane() {
        return lane;
    }

    /** Number of the inference handler that runs this lane. */
    int worker() {
        return worker;
    }

    /** Starts an empty batch. */
    void open(long nowNanos) {
        size = 0;
        failed = false;
        awaited = false;
        openedNanos = nowNanos;
    }

    int size() {
        return size;
    }

    void grow() {
        size++;
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

    /** Whether this is the first call for the batch, so that its output is waited for once. */
    boolean firstAwait() {
        boolean first = !awaited;
        awaited = true;
        return first;
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
