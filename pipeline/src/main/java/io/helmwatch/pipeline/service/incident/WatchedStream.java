package io.helmwatch.pipeline.service.incident;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.clips.StreamClips;
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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a stream, its frame at hand, and what becomes of the incidents that they detect: numbered, with their snapshot and clip, they go to the
 * sinks. Frames wait for the lock only while the stream's silence is looked at, which is when there are none, and while the message about a stored clip
 * is queued.
 *
 * <p>Threading: frames and states by one thread at a time, {@link #checkSilence} by any. Ownership: everything belongs to the caller.
 */
final class WatchedStream {
    private final StreamRules rules;
    private final List<IncidentSink> sinks;
    private final @Nullable SnapshotStore snapshots;
    private final @Nullable StreamClips clips;
    private final StreamOwnership ownership;
    private final LongSupplier nanoClock;
    private final IncidentMessages messages = new IncidentMessages();
    private final Consumer<Incident> publisher = this::publish;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable FrameDetections shown;
    private @Nullable VideoFrame current;
    private @Nullable ImageSize size;
    private boolean seen;
    private long seenNanos;

    /**
     * No frame so far.
     *
     * @param snapshots stores images of starts; null stores none
     * @param clips stores videos of incidents; null stores none
     * @param ownership what incidents are stamped with
     */
    WatchedStream(
            StreamRules rules,
            List<IncidentSink> sinks,
            @Nullable SnapshotStore snapshots,
            @Nullable StreamClips clips,
            StreamOwnership ownership,
            LongSupplier nanoClock) {
        this.rules = rules;
        this.sinks = sinks;
        this.snapshots = snapshots;
        this.clips = clips;
        this.ownership = ownership;
        this.nanoClock = nanoClock;
    }

    /** The tracked heads as of the last frame. */
    HeadTracker heads() {
        return rules.heads();
    }

    /** Applies other zones, masks and rules from the next frame on. */
    void change(StreamConfig stream) {
        rules.reload(stream.rules());
        if (clips != null) {
            clips.change(stream);
        }
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

    /** Ends open incidents where no frame has come for long. Never waits. */
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

    /** Ends open incidents. */
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
