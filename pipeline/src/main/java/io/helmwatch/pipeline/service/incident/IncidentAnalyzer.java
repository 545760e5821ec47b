package io.helmwatch.pipeline.service.incident;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.clips.ClipService;
import io.helmwatch.pipeline.clips.StreamClips;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.rules.StreamRules;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
    /**
     * The rules of a stream and its frame at hand. Frames wait for the lock only while the stream's silence is looked at, which is when
     * there are none, and while the message about a stored clip is queued.
     */
    private final class WatchedStream {
        private final StreamRules rules;
        private final List<IncidentSink> sinks;
        private final @Nullable SnapshotStore snapshots;
        private final @Nullable StreamClips clips;
        private final IncidentMessages messages = new IncidentMessages();
        private final Consumer<Incident> publisher = this::publish;
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable FrameDetections shown;
        private @Nullable VideoFrame current;
        private @Nullable ImageSize size;
        private boolean seen;
        private long seenNanos;

        WatchedStream(StreamRules rules, Shared shared, @Nullable StreamClips clips) {
            this.rules = rules;
            this.sinks = shared.sinks();
            this.snapshots = shared.snapshots();
            this.clips = clips;
        }

        void onFrame(FrameDetections detections, VideoFrame frame) {
            lock.lock();
            shown = detections;
            current = frame;
            try {
                seen = true;
                seenNanos = nanoClock.getAsLong();
                prepare(detections, frame);
                rules.onFrame(detections, publisher);
                if (clips != null) {
                    clips.onFrame(detections, frame, rules.heads());
                }
            } finally {
                shown = null;
                current = null;
                lock.unlock();
            }
        }

        /** Frames have another size: buffers for snapshots are allocated before one is needed. */
        private void prepare(FrameDetections detections, VideoFrame frame) {
            SnapshotStore store = snapshots;
            if (store != null && !detections.size().equals(size)) {
                size = detections.size();
                store.prepare(frame);
            }
        }

        void onStatus(StreamStatus status) {
            lock.lock();
            try {
                rules.onStatus(status, publisher);
                if (clips != null) {
                    clips.onStatus(status);
                }
            } finally {
                lock.unlock();
            }
        }

        void checkSilence() {
            // Where the lock is taken, there is a frame at hand.
            if (lock.tryLock()) {
                try {
                    if (seen) {
                        rules.onSilence(nanoClock.getAsLong() - seenNanos, publisher);
                    }
                } finally {
                    lock.unlock();
                }
            }
        }

        void end(Incident.EndReason reason) {
            lock.lock();
            try {
                rules.endAll(reason, publisher);
            } finally {
                lock.unlock();
            }
        }

        private void publish(Incident found) {
            NodeEpoch origin = ownership.origin(found.stream());
            Incident decided = origin == null ? found : found.withOrigin(origin);
            boolean hasClip = clips != null && clips.onIncident(decided, current, this::publishEvidence);
            Incident incident = messages.next(decided, hasClip);
            deliver(incident, snapshot(incident));
        }

        /** The clip of an incident is stored, or will never be. */
        private void publishEvidence(String id, Incident.@Nullable Clip clip) {
            lock.lock();
            try {
                Incident evidence = messages.evidence(id, clip);
                if (evidence != null) {
                    deliver(evidence, CompletableFuture.completedFuture(null));
                }
            } finally {
                lock.unlock();
            }
        }

        private void deliver(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
            for (int i = 0; i < sinks.size(); i++) {
                sinks.get(i).publish(incident, snapshot);
            }
        }

        /** The frame that decided a start; later messages have none. */
        private Future<Incident.@Nullable Snapshot> snapshot(Incident incident) {
            SnapshotStore store = snapshots;
            FrameDetections detections = shown;
            VideoFrame frame = current;
            if (store == null || detections == null || frame == null || incident.phase() != Incident.Phase.START) {
                return CompletableFuture.completedFuture(null);
            }
            return store.capture(incident, detections, frame, rules.config());
        }
    }

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
            streams.put(stream.id(), new WatchedStream(rules, all, clips == null ? null : clips.add(stream)));
        }
    }

    /** Applies other zones, masks and rules from the stream's next frame on; an unknown stream is ignored. */
    void change(StreamConfig stream) {
        WatchedStream known = streams.get(stream.id());
        if (known != null) {
            known.rules.reload(stream.rules());
            if (known.clips != null) {
                known.clips.change(stream);
            }
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
        return known == null ? null : known.rules.heads();
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
