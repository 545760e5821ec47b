package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.WaitStrategy;
import io.helmwatch.pipeline.ring.failure.FailureLog;
import io.helmwatch.pipeline.ring.failure.Stage;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.InputSizing;
import io.helmwatch.vision.tensor.Letterbox;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Forms batches: takes free lanes, letterboxes frames into their inputs, and closes the batches when one is full or when nothing more
 * is waiting. Live frames that waited too long, or whose stream was stopped, are dropped here, so that a shutdown under load does not
 * analyse them.
 *
 * <p>Frames whose inputs have different sizes go into different batches, which are open at the same time and close together, in the
 * order of their first frames: no shape waits for another one to fill a batch.
 */
final class PreprocessHandler extends StageHandler {
    private final Preprocessor preprocessor;
    private final InputSizing sizing;
    private final long maxFrameAgeNanos;
    private final PipelineListener listener;
    /** In the order in which the lanes were taken; only the last may be empty. */
    private final List<BatchLane> open = new ArrayList<>();

    private volatile LaneRotation lanes;
    /** Used before; frames may still wait for one of its lanes. */
    private @Nullable LaneRotation previous;

    /** Written by the stage's thread before it takes a lane of this rotation: it takes none of another one afterwards. */
    private volatile LaneRotation taking;

    private boolean closed;

    PreprocessHandler(
            Preprocessor preprocessor,
            InputSizing sizing,
            LaneRotation lanes,
            long maxFrameAgeNanos,
            PipelineListener listener,
            WaitStrategy handOver,
            FailureLog failures) {
        super("preprocess", Stage.PREPROCESS, handOver, failures);
        this.preprocessor = preprocessor;
        this.sizing = sizing;
        this.lanes = lanes;
        this.taking = lanes;
        this.maxFrameAgeNanos = maxFrameAgeNanos;
        this.listener = listener;
    }

    /**
     * Takes lanes from another rotation from now on; batches on the lanes of the present one are completed. Any thread.
     *
     * @return whether the stage takes the new lanes, which it does from the next frame on, and none of those before carries a batch any more
     */
    synchronized BooleanSupplier use(LaneRotation next) {
        LaneRotation before = lanes;
        if (closed) {
            next.close();
        }
        previous = before;
        lanes = next;
        return () -> taking != before && before.isIdle();
    }

    /** Ends every wait for a lane, now and in future. Any thread. */
    synchronized void closeLanes() {
        closed = true;
        lanes.close();
        if (previous != null) {
            previous.close();
        }
    }

    /** The lanes in use. Any thread. */
    LaneRotation lanes() {
        return lanes;
    }

    @Override
    void handle(FrameSlot slot, boolean endOfBatch) {
        try {
            if (slot.isAlive()) {
                add(slot);
            }
        } finally {
            if (endOfBatch || isAnyFull()) {
                closeAll();
            }
        }
    }

    /** Slots of open batches stay here: their batches must be complete when the first of them reaches the next stage. */
    @Override
    boolean mayPassOn() {
        return open.isEmpty() || open.get(0).size() == 0;
    }

    private boolean isAnyFull() {
        for (int i = 0; i < open.size(); i++) {
            if (open.get(i).isFull()) {
                return true;
            }
        }
        return false;
    }

    private void add(FrameSlot slot) {
        FrameLease frame = slot.lease();
        ImageSize size = sizing.sizeFor(frame.width(), frame.height());
        BatchLane batch = batchOf(size);
        long now = System.nanoTime();
        long ageNanos = now - frame.receivedNanos();
        StreamFeed feed = slot.feed();
        if (feed != null && feed.isLive() && (ageNanos > maxFrameAgeNanos || feed.isStopping())) {
            slot.drop(DropCause.STALE);
            return;
        }
        if (batch.size() == 0) {
            batch.open(size, now);
        }
        Letterbox letterbox = preprocessor.add(frame, batch.lane().input(), batch.size());
        slot.place(batch, batch.size(), letterbox);
        batch.add(slot);
        listener.onQueued(ageNanos);
    }

    /** The open batch of a size, an empty one, or a new one as soon as a lane is free. */
    private BatchLane batchOf(ImageSize size) {
        for (int i = 0; i < open.size(); i++) {
            BatchLane batch = open.get(i);
            if (batch.size() == 0 || batch.hasSize(size)) {
                return batch;
            }
        }
        LaneRotation rotation = lanes;
        taking = rotation;
        if (open.size() >= rotation.count()) {
            // Every lane waits here: without this none would ever be free.
            closeAll();
            passOnPrevious();
        }
        BatchLane taken = rotation.take();
        if (taken == null) {
            throw new IllegalStateException("the pipeline was closed before this frame could be analysed");
        }
        taken.clear();
        open.add(taken);
        return taken;
    }

    private void closeAll() {
        Throwable failure = null;
        while (!open.isEmpty() && open.get(0).size() > 0) {
            try {
                close(open.remove(0));
            } catch (Throwable refused) {
                failure = refused;
            }
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
    }

    private void close(BatchLane batch) {
        try {
            preprocessor.submit(batch.lane().input(), batch.size());
        } catch (Throwable failure) {
            batch.fail();
            throw failure;
        } finally {
            long now = System.nanoTime();
            batch.submitted(now);
            listener.onPreprocessed(batch.size(), now - batch.openedNanos());
        }
    }
}
