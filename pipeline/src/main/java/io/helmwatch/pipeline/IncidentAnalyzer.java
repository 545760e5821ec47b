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
    private final Map<String, StreamRules> rules = new HashMap<>();
    private final List<IncidentSink> sinks;
    private final @Nullable SnapshotStore snapshots;
    private final Consumer<Incident> publisher = this::publish;

    // The frame at hand; null between frames.
    private @Nullable FrameDetections shown;
    private @Nullable VideoFrame picture;

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
            rules.put(stream.id(), new StreamRules(stream.rules(), incidents));
        }
    }

    /** Other zones, masks and rules, each from the stream's next frame on; streams that are not known are passed over. */
    void reload(List<StreamConfig> streams) {
        for (StreamConfig stream : streams) {
            StreamRules known = rules.get(stream.id());
            if (known != null) {
                known.reload(stream.rules());
            }
        }
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        StreamRules known = rules.get(detections.stream());
        if (known == null) {
            return detections;
        }
        shown = detections;
        picture = frame;
        try {
            known.onFrame(detections, publisher);
        } finally {
            shown = null;
            picture = null;
        }
        return detections;
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
        StreamRules known = rules.get(incident.stream());
        if (store == null
                || detections == null
                || frame == null
                || known == null
                || incident.phase() != Incident.Phase.START) {
            return CompletableFuture.completedFuture(null);
        }
        return store.take(incident, detections, frame, known.config());
    }

    @Override
    public void onStatus(StreamStatus status) {
        StreamRules known = rules.get(status.stream());
        if (known != null) {
            known.onStatus(status, publisher);
        }
    }

    /** Ends what is open: nobody will look any more. */
    @Override
    public void close() {
        for (StreamRules known : rules.values()) {
            known.endAll(Incident.EndReason.INTERRUPTED, publisher);
        }
    }
}
