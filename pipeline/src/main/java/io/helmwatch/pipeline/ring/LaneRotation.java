package io.helmwatch.pipeline.ring;

import io.helmwatch.inference.InferenceLane;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Assigns lanes in turn. Batches complete in the order in which they started, so that the next lane is free exactly when fewer
 * batches than lanes are in flight.
 *
 * <p>Threading: one thread takes, another frees, any closes and asks. Allocates nothing once created.
 */
final class LaneRotation {
    private final List<BatchLane> lanes;
    private final int workers;
    private volatile long taken;
    private volatile long freed;
    private volatile boolean closed;
    private volatile @Nullable Thread waiting;

    /**
     * Lanes that are all free.
     *
     * @param workers a lane runs on worker {@code index % workers}
     */
    LaneRotation(List<InferenceLane> lanes, int workers) {
        List<BatchLane> batches = new ArrayList<>();
        for (InferenceLane lane : lanes) {
            batches.add(new BatchLane(this, lane, batches.size() % workers));
        }
        this.lanes = List.copyOf(batches);
        this.workers = workers;
    }

    /** Number of lanes. */
    int count() {
        return lanes.size();
    }

    /** Number of workers that run the lanes. */
    int workers() {
        return workers;
    }

    /** Whether no batch is open or in flight. */
    boolean isIdle() {
        return taken == freed;
    }

    /** The next lane, as soon as it is free; null once closed. */
    @Nullable
    BatchLane take() {
        if (taken - freed >= lanes.size()) {
            waiting = Thread.currentThread();
            while (taken - freed >= lanes.size() && !closed) {
                LockSupport.park(this);
                Thread.interrupted();
            }
            waiting = null;
        }
        if (closed) {
            return null;
        }
        long number = taken;
        taken = number + 1;
        return lanes.get((int) (number % lanes.size()));
    }

    /** The oldest batch is complete. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // written by one thread only
    void free() {
        freed = freed + 1;
        wake();
    }

    /** Ends every wait. */
    void close() {
        closed = true;
        wake();
    }

    private void wake() {
        Thread thread = waiting;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }
}
