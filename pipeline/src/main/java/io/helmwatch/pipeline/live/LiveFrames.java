package io.helmwatch.pipeline.live;

import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.postprocess.tracking.Track;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.VideoFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Passes analysed frames to those who watch their stream. For a stream that nobody watches, nothing is done and nothing allocated.
 *
 * <p>Threading: as {@link FrameAnalyzer}.
 */
final class LiveFrames implements FrameAnalyzer {
    private final LiveStreams streams;
    private final LiveIncidents incidents;
    private final Function<String, @Nullable HeadTracker> heads;

    LiveFrames(LiveStreams streams, LiveIncidents incidents, Function<String, @Nullable HeadTracker> heads) {
        this.streams = streams;
        this.incidents = incidents;
        this.heads = heads;
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        LiveStream stream = streams.watched(detections.stream());
        if (stream != null) {
            List<@Nullable Track> tracks = tracks(detections.detections(), heads.apply(detections.stream()));
            AnalysedFrame analysed = new AnalysedFrame(
                    detections,
                    frame.info().mediaEpoch(),
                    frame.info().mediaTimeNanos(),
                    tracks.stream().map(track -> track == null ? 0 : track.id()).toList(),
                    tracks.stream()
                            .map(track -> track != null && track.isStatic())
                            .toList(),
                    incidents.open(detections.stream()));
            stream.onFrame(analysed, frame);
        }
        return detections;
    }

    private static List<@Nullable Track> tracks(List<Detection> detections, @Nullable HeadTracker tracker) {
        List<@Nullable Track> tracks = new ArrayList<>(detections.size());
        for (Detection detection : detections) {
            tracks.add(tracker == null ? null : tracker.observedIn(detection.sourceBox()));
        }
        return tracks;
    }

    @Override
    public void close() {}
}
