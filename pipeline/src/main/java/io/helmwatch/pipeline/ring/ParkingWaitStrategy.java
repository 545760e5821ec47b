package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.WaitStrategy;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets a handler sleep until exactly the slot it waits for is ready, and wakes nobody else.
 *
 * <p>The strategies that come with the Disruptor spin on the handlers before them. Here a stage takes tens of milliseconds
 * on few cores, so that spinning would take those cores from inference. A waiting thread therefore registers the sequence that it
 * watches and parks; whoever moves a sequence calls {@link #signalAllWhenBlocking}, which unparks the threads whose wait is over:
 * producers do so by publishing, handlers through {@link StageHandler}. While it waits for another handler a thread also
 * looks by itself every {@value #RECHECK_NANOS} ns, since the Disruptor moves a handler's sequence without a signal where one
 * throws.
 *
 * <p>The first handler can {@linkplain #ParkingWaitStrategy(int, Duration) gather}: to wait a little for more frames, for
 * fuller batches.
 *
 * <p>Threading: any thread. Allocates once per waiting thread, never per wait.
 */
final class ParkingWaitStrategy implements WaitStrategy {
    static final long RECHECK_NANOS = 5_000_000;

    private final int gatherFrames;
    private final long gatherNanos;
    private volatile Waiter[] waiters = {};

    /** Does not gather. */
    ParkingWaitStrategy() {
        this(1, Duration.ZERO);
    }

    /**
     * Gathers at the first handler.
     *
     * @param gatherFrames frames that end the wait
     * @param gatherDelay longest wait once one frame is there; zero does not wait
     */
    ParkingWaitStrategy(int gatherFrames, Duration gatherDelay) {
        this.gatherFrames = gatherFrames;
        this.gatherNanos = gatherFrames > 1 ? gatherDelay.toNanos() : 0;
    }

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependentSequence, SequenceBarrier barrier)
            throws AlertException {
        barrier.checkAlert();
        if (dependentSequence.get() < sequence) {
            Waiter waiter = waiterOfThisThread();
            waiter.await(cursor, sequence, barrier, Long.MAX_VALUE);
            while (dependentSequence.get() < sequence) {
                waiter.await(dependentSequence, sequence, barrier, RECHECK_NANOS);
            }
        }
        boolean first = isSame(dependentSequence, cursor);
        if (first && gatherNanos > 0) {
            waiterOfThisThread().await(cursor, sequence + gatherFrames - 1, barrier, gatherNanos);
        }
        return dependentSequence.get();
    }

    @Override
    public void signalAllWhenBlocking() {
        // A sequence is set with release semantics only: without this fence its store could pass the loads of isDue.
        VarHandle.fullFence();
        for (Waiter waiter : waiters) {
            if (waiter.isDue()) {
                LockSupport.unpark(waiter.thread);
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // a barrier without dependents hands the cursor itself
    private static boolean isSame(Sequence one, Sequence other) {
        return one == other;
    }

    private Waiter waiterOfThisThread() {
        Thread self = Thread.currentThread();
        for (Waiter waiter : waiters) {
            if (waiter.thread == self) {
                return waiter;
            }
        }
        return enrol(self);
    }

    private synchronized Waiter enrol(Thread self) {
        Waiter waiter = new Waiter(self);
        Waiter[] more = Arrays.copyOf(waiters, waiters.length + 1);
        more[more.length - 1] = waiter;
        waiters = more;
        return waiter;
    }

    private static final class Waiter {
        private final Thread thread;
        // What is awaited; plain fields, published by the volatile write of waiting.
        private @Nullable Sequence watched;
        private @Nullable SequenceBarrier barrier;
        private long wanted;
        private volatile boolean waiting;

        private Waiter(Thread thread) {
            this.thread = thread;
        }

        /** Returns when the sequence is reached or the time is over. */
        private void await(Sequence sequence, long target, SequenceBarrier alerts, long nanos) throws AlertException {
            if (sequence.get() >= target) {
                return;
            }
            watched = sequence;
            wanted = target;
            barrier = alerts;
            waiting = true;
            VarHandle.fullFence();
            try {
                long start = System.nanoTime();
                long left = nanos;
                while (left > 0 && sequence.get() < target) {
                    alerts.checkAlert();
                    if (nanos == Long.MAX_VALUE) {
                        LockSupport.park(this);
                    } else {
                        LockSupport.parkNanos(this, left);
                        left = nanos - (System.nanoTime() - start);
                    }
                    // An interrupt is not how a handler is stopped, and a thread with the flag set would never park
                    // again.
                    Thread.interrupted();
                }
            } finally {
                waiting = false;
            }
        }

        private boolean isDue() {
            if (!waiting) {
                return false;
            }
            Sequence sequence = watched;
            SequenceBarrier alerts = barrier;
            return sequence != null && alerts != null && (sequence.get() >= wanted || alerts.isAlerted());
        }
    }
}
