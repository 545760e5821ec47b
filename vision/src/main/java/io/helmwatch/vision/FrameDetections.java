package io.helmwatch.vision;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The detections of one frame. Immutable: sinks may retain it.
 *
 * @param stream the stream's id
 * @param epochSeconds start of this run of the pipeline, seconds since 1970 UTC; together with the sequence it makes the id unique
 * @param sequence number of the frame within the run, counted over all decoded frames
 * @param ptsNanos presentation time in nanoseconds since the stream's first frame
 * @param capturedAtMillis time of capture on this machine's clock, milliseconds since 1970 UTC
 * @param cameraTimeMillis the camera's own clock at the time of capture; {@link FrameInfo#NO_CAMERA_TIME} where it does not tell it
 * @param size size of the source frame
 * @param model model and backend that made the detections
 * @param detections in descending order of confidence
 * @param origin the node that made them; null without a cluster
 */
public record FrameDetections(
        String stream,
        long epochSeconds,
        long sequence,
        long ptsNanos,
        long capturedAtMillis,
        long cameraTimeMillis,
        ImageSize size,
        ModelIdentity model,
        List<Detection> detections,
        @Nullable NodeEpoch origin) {

    /** Keeps its own copy of the list. */
    public FrameDetections {
        detections = List.copyOf(detections);
    }

    /** Without a cluster. */
    public FrameDetections(
            String stream,
            long epochSeconds,
            long sequence,
            long ptsNanos,
            long capturedAtMillis,
            long cameraTimeMillis,
            ImageSize size,
            ModelIdentity model,
            List<Detection> detections) {
        this(
                stream,
                epochSeconds,
                sequence,
                ptsNanos,
                capturedAtMillis,
                cameraTimeMillis,
                size,
                model,
                detections,
                null);
    }

    /** Of a camera that does not tell its clock. */
    public FrameDetections(
            String stream,
            long epochSeconds,
            long sequence,
            long ptsNanos,
            long capturedAtMillis,
            ImageSize size,
            ModelIdentity model,
            List<Detection> detections) {
        this(
                stream,
                epochSeconds,
                sequence,
                ptsNanos,
                capturedAtMillis,
                FrameInfo.NO_CAMERA_TIME,
                size,
                model,
                detections);
    }

    /** A copy that names the node that made it. */
    public FrameDetections withOrigin(NodeEpoch node) {
        return new FrameDetections(
                stream,
                epochSeconds,
                sequence,
                ptsNanos,
                capturedAtMillis,
                cameraTimeMillis,
                size,
                model,
                detections,
                node);
    }

    /** {@code stream/epoch/sequence}, the same in repeats of a message. */
    public String id() {
        return stream + "/" + epochSeconds + "/" + sequence;
    }
}
