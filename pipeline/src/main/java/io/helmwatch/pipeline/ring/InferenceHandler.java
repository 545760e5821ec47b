package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.WaitStrategy;
import io.helmwatch.pipeline.ring.failure.FailureLog;
import io.helmwatch.pipeline.ring.failure.Stage;

/**
 * Runs the model on the batches of its own lanes, at the first slot of each: a batch is complete before its slots are published to this
 * stage. There is one such handler per worker, and each ignores the slots of the others.
 */
final class InferenceHandler extends StageHandler {
    private final int worker;

    InferenceHandler(int worker, WaitStrategy handOver, FailureLog failures) {
        super("infer-" + worker, Stage.INFERENCE, handOver, failures);
        this.worker = worker;
    }

    @Override
    void handle(FrameSlot slot, boolean endOfBatch) {
        BatchLane batch = slot.lane();
        if (batch == null || batch.worker() != worker || slot.placeInBatch() != 0 || batch.isFailed()) {
            return;
        }
        try {
            batch.lane().run(batch.size());
        } catch (Throwable failure) {
            batch.fail();
            throw failure;
        }
    }
}
