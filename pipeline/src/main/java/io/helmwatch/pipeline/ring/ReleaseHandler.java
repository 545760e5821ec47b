package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.WaitStrategy;
import io.helmwatch.pipeline.ring.failure.FailureLog;
import io.helmwatch.pipeline.ring.failure.Stage;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import java.util.concurrent.atomic.AtomicLong;

/** Releases the frame, updates the stream's counts and wakes its producer. The only place where frames are counted as done. */
final class ReleaseHandler extends StageHandler {
    private final PipelineListener listener;
    private final AtomicLong analysed = new AtomicLong();

    ReleaseHandler(PipelineListener listener, WaitStrategy handOver, FailureLog failures) {
        super("release", Stage.SINK, handOver, failures);
        this.listener = listener;
    }

    /** Frames analysed since the start. Any thread. */
    long analysed() {
        return analysed.get();
    }

    @Override
    void handle(FrameSlot slot, boolean endOfBatch) {
        StreamFeed feed = slot.feed();
        boolean frame = slot.status() == null;
        DropCause cause = slot.dropCause();
        FrameDetections message = slot.published();
        slot.clear();
        if (feed == null) {
            return;
        }
        if (!frame) {
            feed.onStatusReleased();
        } else if (cause != null) {
            feed.onFrameReleased(cause);
        } else {
            if (message != null) {
                listener.onDetections(feed, message.detections());
            }
            feed.onFrameReleased(null);
            analysed.incrementAndGet();
        }
    }
}
