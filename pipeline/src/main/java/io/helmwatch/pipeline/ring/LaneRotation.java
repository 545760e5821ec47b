package io.helmwatch.pipeline.ring;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Assigns the lanes in turn. Batches complete in the order in which they started, so that the next lane is free exactly when fewer
 * batches than lanes are in flight.
 *
 * <p>Threading: one thread takes, another frees, any closes. Allocates nothing.
 */
final class LaneRotation {
    private final List<BatchLane> lanes;
    private long taken;
    private volatile long freed;
    private volatile boolean closed;
    private volatile @Nullable Thread waiting;

    LaneRotation(List<BatchLane> lanes) {
        this.lanes = List.copyOf(lanes);
    }

    /** Number of lanes. */
    int count() {
        return lanes.size();
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
        return closed ? null : lanes.get((int) (taken++ % lanes.size()));
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
