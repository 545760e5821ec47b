package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.WaitStrategy;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.pipeline.ring.failure.FailureLog;
import io.helmwatch.pipeline.ring.failure.Stage;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.tensor.Letterbox;

/** Decodes the output of the model to detections in source pixels; frees the lane when its batch is done. */
final class PostprocessHandler extends StageHandler {
    private final Postprocessor postprocessor;
    private final PipelineListener listener;

    PostprocessHandler(
            Postprocessor postprocessor, PipelineListener listener, WaitStrategy handOver, FailureLog failures) {
        super("postprocess", Stage.POSTPROCESS, handOver, failures);
        this.postprocessor = postprocessor;
        this.listener = listener;
    }

    /** Handles a whole batch at its first slot, since the slots of other batches may be between its own. */
    @Override
    void handle(FrameSlot slot, boolean endOfBatch) {
        BatchLane batch = slot.lane();
        if (batch == null || slot.placeInBatch() != 0) {
            return;
        }
        try {
            await(batch);
        } finally {
            try {
                detectAll(batch);
            } finally {
                batch.free();
            }
        }
    }

    private void await(BatchLane batch) {
        if (batch.isFailed()) {
            return;
        }
        InferenceLane lane = batch.lane();
        try {
            postprocessor.submit(lane.output(), batch.size());
            lane.await();
            listener.onInferred(System.nanoTime() - batch.submittedNanos());
        } catch (Throwable failure) {
            batch.fail();
            throw failure;
        }
    }

    private void detectAll(BatchLane batch) {
        for (int place = 0; place < batch.size(); place++) {
            FrameSlot slot = batch.slot(place);
            if (batch.isFailed()) {
                slot.drop(DropCause.FAILED);
            } else if (slot.isAlive()) {
                try {
                    detect(slot, batch);
                } catch (Throwable failure) {
                    fail(slot, failure);
                }
            }
        }
    }

    private void detect(FrameSlot slot, BatchLane batch) {
        Letterbox letterbox = slot.letterbox();
        if (letterbox == null) {
            throw new IllegalStateException("a frame in a batch has no letterbox");
        }
        long start = System.nanoTime();
        slot.setDetections(postprocessor.detect(batch.lane().output(), slot.placeInBatch(), letterbox));
        listener.onPostprocessed(System.nanoTime() - start);
    }
}
