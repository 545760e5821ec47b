package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.WaitStrategy;
import io.helmwatch.pipeline.ring.failure.FailureLog;
import io.helmwatch.pipeline.ring.failure.Stage;
import io.helmwatch.vision.DropCause;
import org.jspecify.annotations.Nullable;

/**
 * Common part of all handlers: they never throw, and they publish each slot to the next stage as soon as it is done.
 *
 * <p>A throw would make the Disruptor pass on slots that were not worked on; a failure is therefore caught here, marks its slot and is
 * recorded. Left to itself the Disruptor passes slots on at the end of its own batch only; a handler that waits for a lane in
 * mid-batch would then wait for handlers that wait for it.
 *
 * <p>Threading: one thread of its own, named after the role.
 */
abstract class StageHandler implements EventHandler<FrameSlot> {
    private final String threadName;
    private final Stage stage;
    private final WaitStrategy handOver;
    private final FailureLog failures;
    private @Nullable Sequence progress;
    private long current;

    StageHandler(String threadName, Stage stage, WaitStrategy handOver, FailureLog failures) {
        this.threadName = threadName;
        this.stage = stage;
        this.handOver = handOver;
        this.failures = failures;
    }

    /** Does the stage's work on a slot; what it throws fails the slot. */
    abstract void handle(FrameSlot slot, boolean endOfBatch) throws Exception;

    /** Whether all slots handled so far may go to the next stage. */
    boolean mayPassOn() {
        return true;
    }

    @Override
    public final void onEvent(FrameSlot slot, long sequence, boolean endOfBatch) {
        current = sequence;
        try {
            handle(slot, endOfBatch);
        } catch (Throwable failure) {
            fail(slot, failure);
        }
        if (mayPassOn()) {
            passOn(sequence);
        }
    }

    /** Drops the frame of a slot and records the failure. */
    final void fail(FrameSlot slot, Throwable failure) {
        slot.drop(DropCause.FAILED);
        failures.record(stage, failure);
    }

    /** Publishes all slots before the one that is being handled. */
    final void passOnPrevious() {
        passOn(current - 1);
    }

    private void passOn(long sequence) {
        Sequence to = progress;
        if (to != null) {
            to.set(sequence);
            handOver.signalAllWhenBlocking();
        }
    }

    @Override
    public final void setSequenceCallback(Sequence sequenceCallback) {
        progress = sequenceCallback;
    }

    @Override
    public final void onStart() {
        Thread.currentThread().setName(threadName);
    }
}
