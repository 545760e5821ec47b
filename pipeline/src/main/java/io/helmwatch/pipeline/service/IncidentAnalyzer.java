package io.helmwatch.pipeline.service;

import io.helmwatch.config.IncidentsConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.rules.StreamRules;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the heads of every stream and publishes what its rules detect to the incident sinks. Detections are not changed. Idle until
 * {@link #begin}, which may come while frames flow.
 *
 * <p>Threading: as {@link FrameAnalyzer}; {@link #begin} and {@link #reload} by one thread at a time, {@link #checkSilence} by any. Ownership:
 * the sinks belong to the caller.
 */
public final class IncidentAnalyzer implements FrameAnalyzer {
    /**
     * The rules of a stream and its frame at hand. Frames wait for the lock only while the stream's silence is looked at, which is when
     * there are none.
     */
    private final class WatchedStream {
        private final StreamRules rules;
        private final List<IncidentSink> sinks;
        private final @Nullable SnapshotStore snapshots;
        private final Consumer<Incident> publisher = this::publish;
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable FrameDetections shown;
        private @Nullable VideoFrame current;
        private @Nullable ImageSize size;
        private boolean seen;
        private long seenNanos;

        WatchedStream(StreamRules rules, List<IncidentSink> sinks, @Nullable SnapshotStore snapshots) {
            this.rules = rules;
            this.sinks = sinks;
            this.snapshots = snapshots;
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

        void end() {
            lock.lock();
            try {
                rules.endAll(Incident.EndReason.INTERRUPTED, publisher);
            } finally {
                lock.unlock();
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
            VideoFrame frame = current;
            if (store == null || detections == null || frame == null || incident.phase() != Incident.Phase.START) {
                return CompletableFuture.completedFuture(null);
            }
            return store.capture(incident, detections, frame, rules.config());
        }
    }

    private final LongSupplier nanoClock;
    private volatile Map<String, WatchedStream> streams = Map.of();

    public IncidentAnalyzer() {
        this(System::nanoTime);
    }

    public IncidentAnalyzer(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /**
     * Starts the rules of each stream with its next frame.
     *
     * @param snapshots stores images of starts; null stores none
     */
    public void begin(
            List<StreamConfig> configs,
            IncidentsConfig incidents,
            List<? extends IncidentSink> sinks,
            @Nullable SnapshotStore snapshots) {
        List<IncidentSink> own = List.copyOf(sinks);
        Map<String, WatchedStream> watched = new HashMap<>();
        for (StreamConfig stream : configs) {
            watched.put(stream.id(), new WatchedStream(new StreamRules(stream.rules(), incidents), own, snapshots));
        }
        streams = Map.copyOf(watched);
    }

    /** Applies other zones, masks and rules, from the next frame of each stream on; unknown streams are ignored. */
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

    /** Ends open incidents of a live stream without frames; to be called about once a second. Never waits. */
    void checkSilence(String stream) {
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
        streams.values().forEach(WatchedStream::end);
    }
}
