package io.helmwatch.pipeline.clips;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.postprocess.tracking.Track;
import io.helmwatch.sinks.ClipJson;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.ImageSize;
import java.util.ArrayList;
import java.util.List;

/**
 * What was found in one frame of a stream whose clips are stored.
 *
 * @param mediaEpoch as {@link FrameInfo#mediaEpoch}
 * @param mediaTimeNanos as {@link FrameInfo#mediaTimeNanos}
 * @param receivedNanos as {@link FrameInfo#receivedNanos}
 * @param detections of the frame
 * @param tracks ids of the tracks of the detections in their order, 0 where there is none
 * @param hidden where tracked heads are expected that were not detected; empty unless heads are blurred
 */
record ClipFrame(
        int mediaEpoch,
        long mediaTimeNanos,
        long receivedNanos,
        FrameDetections detections,
        List<Integer> tracks,
        List<BoundingBox> hidden) {

    /** The frame at hand, with the tracks as they are after it. */
    static ClipFrame of(FrameDetections detections, FrameInfo info, HeadTracker heads, boolean isBlurred) {
        List<Integer> tracks = new ArrayList<>(detections.detections().size());
        for (Detection detection : detections.detections()) {
            Track track = heads.observedIn(detection.sourceBox());
            tracks.add(track == null ? 0 : track.id());
        }
        List<BoundingBox> hidden = new ArrayList<>();
        for (int i = 0; isBlurred && i < heads.size(); i++) {
            Track track = heads.track(i);
            if (!track.isObserved()) {
                hidden.add(track.sourceBox());
            }
        }
        return new ClipFrame(
                info.mediaEpoch(), info.mediaTimeNanos(), info.receivedNanos(), detections, tracks, hidden);
    }

    /** The boxes of all heads except those of one track; 0 is none's. */
    List<BoundingBox> headsExcept(int track) {
        List<BoundingBox> boxes = new ArrayList<>(hidden);
        for (int i = 0; i < tracks.size(); i++) {
            if (track == 0 || tracks.get(i) != track) {
                boxes.add(detections.detections().get(i).sourceBox());
            }
        }
        return boxes;
    }

    /** The same for a sidecar, with boxes in a frame of a certain size. */
    ClipJson.Frame described(double seconds, ImageSize size, TrackingConfig labels) {
        float x = (float) size.width() / detections.size().width();
        float y = (float) size.height() / detections.size().height();
        List<ClipJson.Box> boxes = new ArrayList<>();
        for (int i = 0; i < tracks.size(); i++) {
            Detection detection = detections.detections().get(i);
            boxes.add(new ClipJson.Box(
                    scaled(detection.sourceBox(), x, y),
                    detection.label(),
                    kind(detection.label(), labels),
                    detection.confidence(),
                    tracks.get(i)));
        }
        return new ClipJson.Frame(seconds, boxes);
    }

    static BoundingBox scaled(BoundingBox box, float x, float y) {
        return new BoundingBox(x * box.x1(), y * box.y1(), x * box.x2(), y * box.y2());
    }

    private static String kind(String label, TrackingConfig labels) {
        if (labels.bareHeadLabels().contains(label)) {
            return "bare";
        }
        return labels.helmetLabels().contains(label) ? "helmet" : "other";
    }
}
