package io.helmwatch.pipeline.live;

import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.postprocess.tracking.Track;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.VideoFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Passes analysed frames to those who watch their stream. Of a stream that nobody watches nothing is looked at and nothing allocated.
 *
 * <p>Threading: as {@link FrameAnalyzer}.
 */
final class LiveFrames implements FrameAnalyzer {
    private final LiveStreams streams;
    private final Function<String, @Nullable HeadTracker> heads;

    LiveFrames(LiveStreams streams, Function<String, @Nullable HeadTracker> heads) {
        this.streams = streams;
        this.heads = heads;
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        LiveStream stream = streams.watched(detections.stream());
        if (stream != null) {
            AnalysedFrame analysed = new AnalysedFrame(
                    detections,
                    frame.info().mediaEpoch(),
                    frame.info().mediaTimeNanos(),
                    tracks(detections.detections(), heads.apply(detections.stream())),
                    streams.openIncidents(detections.stream()));
            stream.onFrame(analysed, frame);
        }
        return detections;
    }

    private static List<Integer> tracks(List<Detection> detections, @Nullable HeadTracker tracker) {
        List<Integer> ids = new ArrayList<>(detections.size());
        for (Detection detection : detections) {
            ids.add(tracker == null ? 0 : trackOf(detection.sourceBox(), tracker));
        }
        return ids;
    }

    private static int trackOf(BoundingBox box, HeadTracker tracker) {
        for (int i = 0; i < tracker.size(); i++) {
            Track track = tracker.track(i);
            if (track.isObserved()
                    && track.x1() == box.x1()
                    && track.y1() == box.y1()
                    && track.x2() == box.x2()
                    && track.y2() == box.y2()) {
                return track.id();
            }
        }
        return 0;
    }

    @Override
    public void close() {}
}
