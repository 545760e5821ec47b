package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The ring as one stream sees it: at most so many slots at a time, and what is published into them.
 *
 * <p>Threading: frames are published on the source's thread, states by any, slots are released on the release thread; the share may be changed
 * by any thread. Streams share no lock.
 */
final class RingShare {
    private static final long RECHECK_NANOS = 1_000_000;
    /** Slots that frames of live streams leave free, so that a state is published also under overload. */
    private static final int SLOTS_FOR_STATES = 1;

    private final RingBuffer<FrameSlot> ring;
    private final AtomicInteger held = new AtomicInteger();
    private volatile int slots;
    private volatile @Nullable Thread waiting;
    private volatile boolean stopping;
    private volatile boolean closed;

    /**
     * A share without slots in use.
     *
     * @param slots maximum number of slots that the stream may hold
     */
    RingShare(RingBuffer<FrameSlot> ring, int slots) {
        this.ring = ring;
        this.slots = slots;
    }

    /** Changes the maximum number of slots; those in use beyond it are not taken back. */
    void resize(int maximum) {
        slots = maximum;
        LockSupport.unpark(waiting);
    }

    /** The maximum number of slots. */
    int slots() {
        return slots;
    }

    /** Slots in use. */
    int held() {
        return held.get();
    }

    boolean isUsedUp() {
        return held.get() >= slots;
    }

    /** Publishes the frame of a live stream; false when the ring is full but for the slots of states. */
    boolean offer(StreamFeed feed, FrameLease frame) {
        return ring.remainingCapacity() > SLOTS_FOR_STATES && publish(feed, frame, null);
    }

    /** Publishes the frame of a file as soon as it can; false when the stream was stopped before. */
    boolean put(StreamFeed feed, FrameLease frame) {
        while (!stopping) {
            if (isUsedUp()) {
                awaitSlot();
            } else if (publish(feed, frame, null)) {
                return true;
            } else {
                LockSupport.parkNanos(this, RECHECK_NANOS);
                Thread.interrupted();
            }
        }
        return false;
    }

    /** Publishes a state unless the ring is full. */
    boolean offer(StreamFeed feed, StreamStatus change) {
        return publish(feed, null, change);
    }

    /** Publishes a state as soon as it can, also beyond the share: states change rarely, and the ring always drains. */
    void put(StreamFeed feed, StreamStatus change) {
        while (!closed && !publish(feed, null, change)) {
            LockSupport.parkNanos(this, RECHECK_NANOS);
            Thread.interrupted();
        }
    }

    private boolean publish(StreamFeed feed, @Nullable FrameLease frame, @Nullable StreamStatus change) {
        if (closed) {
            return false;
        }
        long sequence;
        try {
            sequence = ring.tryNext();
        } catch (InsufficientCapacityException full) {
            return false;
        }
        held.incrementAndGet();
        try {
            if (frame != null) {
                ring.get(sequence).fill(feed, frame);
            } else if (change != null) {
                ring.get(sequence).fill(feed, change);
            }
        } finally {
            ring.publish(sequence);
        }
        return true;
    }

    private void awaitSlot() {
        waiting = Thread.currentThread();
        while (isUsedUp() && !stopping) {
            LockSupport.park(this);
            Thread.interrupted();
        }
        waiting = null;
    }

    /** A slot left the ring. */
    void release() {
        held.decrementAndGet();
        LockSupport.unpark(waiting);
    }

    /** The stream is to end: nothing waits for a slot any more. */
    void stop() {
        stopping = true;
        LockSupport.unpark(waiting);
    }

    /** The ring is about to be closed: nothing more is published into it. */
    void close() {
        closed = true;
    }
}
