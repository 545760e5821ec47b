package io.helmwatch.vision;

import java.util.List;

/**
 * What one frame showed. Immutable, so that sinks may keep it.
 *
 * @param stream the stream's id
 * @param epochSeconds when this run of the stream's pipeline began, seconds since 1970 UTC; with sequence it makes the id unique
 * @param sequence number of the frame within the run, counted over all decoded frames
 * @param ptsNanos presentation time in nanoseconds since the stream's first frame
 * @param capturedAtMillis time of capture, milliseconds since 1970 UTC
 * @param size the source picture's size
 * @param model which network on which backend
 * @param detections by falling confidence
 */
public record FrameDetections(
        String stream,
        long epochSeconds,
        long sequence,
        long ptsNanos,
        long capturedAtMillis,
        ImageSize size,
        ModelIdentity model,
        List<Detection> detections) {

    /** Keeps its own copy of the list. */
    public FrameDetections {
        detections = List.copyOf(detections);
    }

    /** {@code stream/epoch/sequence}, stable over repeats of the same message. */
    public String id() {
        return stream + "/" + epochSeconds + "/" + sequence;
    }
}
