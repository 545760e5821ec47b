package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.WaitStrategy;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.Letterbox;

/** Decodes the output of the model to detections in source pixels; frees the lane with the last slot of its batch. */
final class PostprocessHandler extends StageHandler {
    private final Postprocessor postprocessor;
    private final LaneRotation lanes;
    private final PipelineListener listener;

    PostprocessHandler(
            Postprocessor postprocessor,
            LaneRotation lanes,
            PipelineListener listener,
            WaitStrategy handOver,
            FailureLog failures) {
        super("postprocess", Stage.POSTPROCESS, handOver, failures);
        this.postprocessor = postprocessor;
        this.lanes = lanes;
        this.listener = listener;
    }

    @Override
    void handle(FrameSlot slot, boolean endOfBatch) {
        BatchLane batch = slot.lane();
        if (batch == null) {
            return;
        }
        try {
            if (!batch.isFailed() && batch.firstAwait()) {
                await(batch);
            }
            if (batch.isFailed()) {
                slot.drop(DropCause.FAILED);
            } else if (slot.isAlive()) {
                detect(slot, batch);
            }
        } finally {
            if (slot.isLastInBatch()) {
                lanes.free();
            }
        }
    }

    private void await(BatchLane batch) {
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
