package io.helmwatch.pipeline;

import io.helmwatch.config.IncidentsConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.postprocess.rules.StreamRules;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Follows the heads of every stream and hands what its rules find to the incident sinks. Detections pass unchanged.
 *
 * <p>Threading: as {@link FrameAnalyzer}; {@link #reload} by any thread. Ownership: the sinks belong to the caller.
 */
final class IncidentAnalyzer implements FrameAnalyzer {
    private final Map<String, WatchedStream> streams = new HashMap<>();
    private final List<IncidentSink> sinks;
    private final @Nullable SnapshotStore snapshots;

    /** The rules of a stream and its frame at hand. Used by the thread that the stream's frames come on. */
    private final class WatchedStream {
        private final StreamRules rules;
        private final Consumer<Incident> publisher = this::publish;
        private @Nullable FrameDetections shown;
        private @Nullable VideoFrame picture;

        WatchedStream(StreamRules rules) {
            this.rules = rules;
        }

        void onFrame(FrameDetections detections, VideoFrame frame) {
            shown = detections;
            picture = frame;
            try {
                rules.onFrame(detections, publisher);
            } finally {
                shown = null;
                picture = null;
            }
        }

        private void publish(Incident incident) {
            Future<Incident.@Nullable Snapshot> snapshot = snapshot(incident);
            for (int i = 0; i < sinks.size(); i++) {
                sinks.get(i).publish(incident, snapshot);
            }
        }

        /** The frame that decided a start; later messages have none. */
        private Future<Incident.@Nullable Snapshot> snapshot(Incident incident) {
            SnapshotStore store = snapshots;
            FrameDetections detections = shown;
            VideoFrame frame = picture;
            if (store == null || detections == null || frame == null || incident.phase() != Incident.Phase.START) {
                return CompletableFuture.completedFuture(null);
            }
            return store.take(incident, detections, frame, rules.config());
        }
    }

    /**
     * Rules that have seen nothing yet.
     *
     * @param snapshots takes pictures of starts; null takes none
     */
    IncidentAnalyzer(
            List<StreamConfig> streams,
            IncidentsConfig incidents,
            List<? extends IncidentSink> sinks,
            @Nullable SnapshotStore snapshots) {
        this.sinks = List.copyOf(sinks);
        this.snapshots = snapshots;
        for (StreamConfig stream : streams) {
            this.streams.put(stream.id(), new WatchedStream(new StreamRules(stream.rules(), incidents)));
        }
    }

    /** Other zones, masks and rules, each from the stream's next frame on; streams that are not known are passed over. */
    void reload(List<StreamConfig> configs) {
        for (StreamConfig stream : configs) {
            WatchedStream known = streams.get(stream.id());
            if (known != null) {
                known.rules.reload(stream.rules());
            }
        }
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        WatchedStream known = streams.get(detections.stream());
        if (known != null) {
            known.onFrame(detections, frame);
        }
        return detections;
    }

    @Override
    public void onStatus(StreamStatus status) {
        WatchedStream known = streams.get(status.stream());
        if (known != null) {
            known.rules.onStatus(status, known.publisher);
        }
    }

    /** Ends what is open: nobody will look any more. */
    @Override
    public void close() {
        for (WatchedStream known : streams.values()) {
            known.rules.endAll(Incident.EndReason.INTERRUPTED, known.publisher);
        }
    }
}
