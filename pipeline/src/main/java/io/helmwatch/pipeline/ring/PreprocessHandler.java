package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.WaitStrategy;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.Letterbox;
import org.jspecify.annotations.Nullable;

/**
 * Forms batches: takes a free lane, letterboxes frames into its input, closes the batch when it is full or when nothing more is
 * waiting. Live frames that waited too long, or whose stream was stopped, are dropped here, so that a shutdown under load does not
 * analyse them.
 */
final class PreprocessHandler extends StageHandler {
    private final Preprocessor preprocessor;
    private final LaneRotation lanes;
    private final long maxFrameAgeNanos;
    private final PipelineListener listener;
    private @Nullable BatchLane open;
    private @Nullable FrameSlot lastAdded;

    PreprocessHandler(
            Preprocessor preprocessor,
            LaneRotation lanes,
            long maxFrameAgeNanos,
            PipelineListener listener,
            WaitStrategy handOver,
            FailureLog failures) {
        super("preprocess", Stage.PREPROCESS, handOver, failures);
        this.preprocessor = preprocessor;
        this.lanes = lanes;
        this.maxFrameAgeNanos = maxFrameAgeNanos;
        this.listener = listener;
    }

    @Override
    void handle(FrameSlot slot, boolean endOfBatch) {
        try {
            if (slot.isAlive()) {
                add(slot);
            }
        } finally {
            BatchLane batch = open;
            if (batch != null && batch.size() > 0 && (batch.isFull() || endOfBatch)) {
                close(batch);
            }
        }
    }

    /** Slots of an open batch stay here: until it is closed nobody knows which is the last. */
    @Override
    boolean mayPassOn() {
        BatchLane batch = open;
        return batch == null || batch.size() == 0;
    }

    private void add(FrameSlot slot) {
        BatchLane batch = open;
        if (batch == null) {
            batch = lanes.take();
            if (batch == null) {
                throw new IllegalStateException("the pipeline was closed before this frame could be analysed");
            }
            batch.open(System.nanoTime());
            open = batch;
        }
        FrameLease frame = slot.lease();
        long now = System.nanoTime();
        long ageNanos = now - frame.receivedNanos();
        StreamFeed feed = slot.feed();
        if (feed != null && feed.isLive() && (ageNanos > maxFrameAgeNanos || feed.isStopping())) {
            slot.drop(DropCause.STALE);
            return;
        }
        if (batch.size() == 0) {
            batch.open(now);
        }
        Letterbox letterbox = preprocessor.add(frame, batch.lane().input(), batch.size());
        slot.place(batch, batch.size(), letterbox);
        batch.grow();
        lastAdded = slot;
        listener.onQueued(ageNanos);
    }

    private void close(BatchLane batch) {
        open = null;
        FrameSlot last = lastAdded;
        if (last != null) {
            last.markLastInBatch();
        }
        lastAdded = null;
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
