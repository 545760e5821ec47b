package io.helmwatch.sinks;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.StreamStatus;
import java.util.ArrayList;
import java.util.List;

/** Messages as a site has them. */
public final class SampleMessages {
    public static final long EPOCH_SECONDS = 1_795_176_000L;
    private static final ModelIdentity MODEL = new ModelIdentity("helmet-yolov5n", "1.0.0", "fp32", "cpu");

    private SampleMessages() {}

    /** The message that the design shows. */
    public static FrameDetections designExample() {
        return new FrameDetections(
                "gate-3",
                EPOCH_SECONDS,
                184,
                7_360_000_000L,
                1_795_176_000_040L,
                new ImageSize(1920, 1080),
                MODEL,
                List.of(
                        new Detection("helmet", 0.91f, new BoundingBox(812.4f, 233f, 871.9f, 301.2f)),
                        new Detection("head", 0.84f, new BoundingBox(1010f, 240.5f, 1066.1f, 309.8f))));
    }

    /** A frame of a stream with one detection. */
    public static FrameDetections frame(String stream, long sequence) {
        return frame(stream, sequence, 1);
    }

    public static FrameDetections frame(String stream, long sequence, int detections) {
        List<Detection> found = new ArrayList<>();
        for (int i = 0; i < detections; i++) {
            found.add(new Detection("head", 0.9f - i * 1e-5f, new BoundingBox(i % 1000, 2.25f, i % 1000 + 50.5f, 60)));
        }
        return new FrameDetections(
                stream,
                EPOCH_SECONDS,
                sequence,
                sequence * 40_000_000L,
                EPOCH_SECONDS * 1_000 + sequence * 40,
                new ImageSize(1920, 1080),
                MODEL,
                found);
    }

    /** A frame of a camera with a clock of its own. */
    public static FrameDetections capturedAt(String stream, long capturedAtMillis) {
        FrameDetections frame = frame(stream, 0);
        return new FrameDetections(
                stream,
                frame.epochSeconds(),
                frame.sequence(),
                frame.ptsNanos(),
                capturedAtMillis,
                frame.size(),
                frame.model(),
                frame.detections());
    }

    public static StreamStatus status(String stream, StreamStatus.State state, long atMillis) {
        return new StreamStatus(stream, state, state == StreamStatus.State.OFFLINE ? "no answer" : "", atMillis);
    }
}
