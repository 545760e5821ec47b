package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.WaitStrategy;
import io.helmwatch.pipeline.ring.failure.FailureLog;
import io.helmwatch.pipeline.ring.failure.Stage;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.tensor.Letterbox;
import java.util.List;

/** Creates the immutable record of a frame and passes it to the analyzers and to every sink. */
final class SinkHandler extends StageHandler {
    private final ModelIdentity model;
    private final FrameAnalyzer[] analyzers;
    private final DetectionSink[] sinks;
    private final PipelineListener listener;
    private final FailureLog failures;

    SinkHandler(
            ModelIdentity model,
            List<FrameAnalyzer> analyzers,
            List<? extends DetectionSink> sinks,
            PipelineListener listener,
            WaitStrategy handOver,
            FailureLog failures) {
        super("sink", Stage.SINK, handOver, failures);
        this.model = model;
        this.analyzers = analyzers.toArray(FrameAnalyzer[]::new);
        this.sinks = sinks.toArray(DetectionSink[]::new);
        this.listener = listener;
        this.failures = failures;
    }

    @Override
    void handle(FrameSlot slot, boolean endOfBatch) {
        StreamStatus status = slot.status();
        if (status != null) {
            publish(status);
        } else if (slot.isAlive()) {
            long start = System.nanoTime();
            publish(slot);
            long now = System.nanoTime();
            StreamFeed feed = slot.feed();
            if (feed != null) {
                long totalNanos = now - slot.lease().receivedNanos();
                FrameDetections published = slot.published();
                if (published != null) {
                    feed.onPublished(published, totalNanos);
                }
                listener.onPublished(feed, now - start, totalNanos);
            }
        }
    }

    private void publish(FrameSlot slot) {
        StreamFeed feed = slot.feed();
        List<Detection> found = slot.detections();
        Letterbox letterbox = slot.letterbox();
        if (feed == null || found == null || letterbox == null) {
            throw new IllegalStateException("a frame reached the sinks without having been analysed");
        }
        FrameLease frame = slot.lease();
        FrameDetections message = new FrameDetections(
                feed.id(),
                feed.epochSeconds(),
                frame.sequence(),
                frame.ptsNanos(),
                frame.capturedAtMillis(),
                frame.info().cameraTimeMillis(),
                letterbox.source(),
                model,
                found);
        for (FrameAnalyzer analyzer : analyzers) {
            try {
                message = analyzer.analyze(message, frame);
            } catch (Throwable failure) {
                failures.record(Stage.SINK, failure);
            }
        }
        slot.setPublished(message);
        for (DetectionSink sink : sinks) {
            try {
                sink.publish(message);
            } catch (Throwable failure) {
                failures.record(Stage.SINK, failure);
            }
        }
    }

    private void publish(StreamStatus status) {
        for (FrameAnalyzer analyzer : analyzers) {
            try {
                analyzer.onStatus(status);
            } catch (Throwable failure) {
                failures.record(Stage.SINK, failure);
            }
        }
        for (DetectionSink sink : sinks) {
            try {
                sink.publish(status);
            } catch (Throwable failure) {
                failures.record(Stage.SINK, failure);
            }
        }
    }
}
