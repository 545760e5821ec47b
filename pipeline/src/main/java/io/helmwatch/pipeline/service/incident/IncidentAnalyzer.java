package io.helmwatch.pipeline.service.incident;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.clips.ClipService;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.rules.StreamRules;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the heads of every stream and publishes what its rules detect to the incident sinks. Detections are not changed. Idle until
 * {@link #begin}, which may come while frames flow.
 *
 * <p>Threading: as {@link FrameAnalyzer}; {@link #begin}, {@link #add}, {@link #change} and {@link #remove} by one thread at
 * a time, {@link #checkSilence} by any. Ownership:
 * the sinks belong to the caller.
 */
public final class IncidentAnalyzer implements FrameAnalyzer {
    /** What the rules of every stream share. */
    private record Shared(
            IncidentsConfig incidents,
            List<IncidentSink> sinks,
            @Nullable SnapshotStore snapshots,
            @Nullable ClipService clips) {}

    private final LongSupplier nanoClock;
    private final StreamOwnership ownership;
    private final Map<String, WatchedStream> streams = new ConcurrentHashMap<>();
    private volatile @Nullable Shared shared;

    public IncidentAnalyzer() {
        this(System::nanoTime);
    }

    public IncidentAnalyzer(LongSupplier nanoClock) {
        this(nanoClock, StreamOwnership.NONE);
    }

    /**
     * Idle.
     *
     * @param ownership what incidents are stamped with
     */
    IncidentAnalyzer(LongSupplier nanoClock, StreamOwnership ownership) {
        this.nanoClock = nanoClock;
        this.ownership = ownership;
    }

    /**
     * Starts the rules of each stream with its next frame.
     *
     * @param snapshots stores images of starts; null stores none
     */
    public void begin(
            Collection<StreamConfig> configs,
            IncidentsConfig incidents,
            List<? extends IncidentSink> sinks,
            @Nullable SnapshotStore snapshots) {
        begin(configs, incidents, sinks, snapshots, null);
    }

    /**
     * Starts the rules of each stream with its next frame.
     *
     * @param snapshots stores images of starts; null stores none
     * @param clips stores videos of incidents; null stores none
     */
    public void begin(
            Collection<StreamConfig> configs,
            IncidentsConfig incidents,
            List<? extends IncidentSink> sinks,
            @Nullable SnapshotStore snapshots,
            @Nullable ClipService clips) {
        shared = new Shared(incidents, List.copyOf(sinks), snapshots, clips);
        configs.forEach(this::add);
    }

    /** Starts the rules of a stream, without observations; nothing before {@link #begin}. */
    void add(StreamConfig stream) {
        Shared all = shared;
        if (all != null) {
            StreamRules rules = new StreamRules(stream.rules(), all.incidents());
            ClipService clips = all.clips();
            streams.put(
                    stream.id(),
                    new WatchedStream(
                            rules,
                            all.sinks(),
                            all.snapshots(),
                            clips == null ? null : clips.add(stream),
                            ownership,
                            nanoClock));
        }
    }

    /** Applies other zones, masks and rules from the stream's next frame on; an unknown stream is ignored. */
    void change(StreamConfig stream) {
        WatchedStream known = streams.get(stream.id());
        if (known != null) {
            known.change(stream);
        }
    }

    /** Ends the open incidents of a stream whose frames have all passed, and discards its observations. */
    void remove(String stream) {
        WatchedStream known = streams.remove(stream);
        if (known != null) {
            known.end(Incident.EndReason.STREAM_ENDED);
        }
        Shared all = shared;
        if (all != null && all.clips() != null) {
            all.clips().remove(stream);
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

    /**
     * The tracked heads of a stream as of its last frame, for an analyzer that processes the same frame after this one; null for an unknown
     * stream. On the stream's sink thread, valid until its next frame.
     */
    public @Nullable HeadTracker heads(String stream) {
        WatchedStream known = streams.get(stream);
        return known == null ? null : known.heads();
    }

    /** Ends open incidents of a live stream without frames; to be called about once a second. Never waits. */
    public void checkSilence(String stream) {
        WatchedStream known = streams.get(stream);
        if (known != null) {
            known.checkSilence();
        }
    }

    @Override
    public void onStatus(StreamStatus status) {
        WatchedStream known = streams.get(status.stream());
        if (known != null) {
            known.onStatus(status);
        }
    }

    /** Ends open incidents. */
    @Override
    public void close() {
        streams.values().forEach(stream -> stream.end(Incident.EndReason.INTERRUPTED));
    }
}
