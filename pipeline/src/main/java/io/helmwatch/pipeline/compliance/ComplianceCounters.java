package io.helmwatch.pipeline.compliance;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.rules.HeadCounter;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.CountOrigin;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.VideoFrame;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the observed heads of every stream by zone and minute, until they are {@linkplain #drain drained}. A stream that starts again, or whose
 * zones change, gets another counter, whose part of a minute has a name of its own. So does, in a cluster, one whose node starts or stops to know
 * that it has the stream: what it counts meanwhile is a part of its own, which can be left out.
 *
 * <p>Threading: as {@link FrameAnalyzer}; the other methods by any thread. Nothing is allocated per frame, and streams share no lock.
 */
final class ComplianceCounters implements FrameAnalyzer, StreamObserver {
    private final TrackingConfig tracking;
    private final Clock clock;
    private final StreamOwnership ownership;
    private final Map<String, Counted> counters = new ConcurrentHashMap<>();
    /** Counts of streams and zones that are no longer there; guarded by itself. */
    private final List<ComplianceMinute> earlier = new ArrayList<>();

    private long lastSinceMillis;

    /** The counter of a stream and what its counts are stamped with. */
    private record Counted(StreamConfig stream, @Nullable CountOrigin origin, HeadCounter counter) {
        boolean isOf(@Nullable NodeEpoch node, boolean isIsolated) {
            return origin == null ? node == null : origin.node().equals(node) && origin.isIsolated() == isIsolated;
        }
    }

    /**
     * Counts no stream so far.
     *
     * @param tracking labels of helmets and of bare heads
     * @param ownership which streams this node has
     */
    ComplianceCounters(TrackingConfig tracking, Clock clock, StreamOwnership ownership) {
        this.tracking = tracking;
        this.ownership = ownership;
        this.clock = clock;
    }

    @Override
    public void added(StreamConfig stream) {
        replaced(counters.put(stream.id(), counted(stream, null)));
    }

    private Counted counted(StreamConfig stream, @Nullable CountOrigin origin) {
        return new Counted(stream, origin, new HeadCounter(stream, tracking, nextSinceMillis(), origin));
    }

    private synchronized long nextSinceMillis() {
        lastSinceMillis = Math.max(clock.millis(), lastSinceMillis + 1);
        return lastSinceMillis;
    }

    @Override
    public void changed(StreamConfig stream) {
        added(stream);
    }

    @Override
    public void removed(String stream) {
        replaced(counters.remove(stream));
    }

    private void replaced(@Nullable Counted replaced) {
        if (replaced != null) {
            synchronized (earlier) {
                replaced.counter().drainAll(earlier::add);
            }
        }
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        Counted counted = counters.get(detections.stream());
        if (counted != null) {
            current(counted, detections.origin()).counter().onFrame(detections);
        }
        return detections;
    }

    /** The counter for frames that this node analyses now. */
    private Counted current(Counted counted, @Nullable NodeEpoch node) {
        String stream = counted.stream().id();
        boolean isIsolated = node != null && ownership.verdict(stream, node) != StreamOwnership.Verdict.CURRENT;
        if (counted.isOf(node, isIsolated)) {
            return counted;
        }
        Counted next = counted(counted.stream(), node == null ? null : new CountOrigin(node, isIsolated));
        if (counters.replace(stream, counted, next)) {
            replaced(counted);
            return next;
        }
        // Its settings changed at this moment; the next frame finds the other counter.
        return counted;
    }

    /** The minutes that were completed since the last call. */
    List<ComplianceMinute> drain() {
        List<ComplianceMinute> minutes = takeEarlier();
        long nowMillis = clock.millis();
        counters.values().forEach(counted -> counted.counter().drain(nowMillis, minutes::add));
        return minutes;
    }

    /** Everything that was counted since the last call, also of a minute that is not over. */
    List<ComplianceMinute> drainAll() {
        List<ComplianceMinute> minutes = takeEarlier();
        counters.values().forEach(counted -> counted.counter().drainAll(minutes::add));
        return minutes;
    }

    private List<ComplianceMinute> takeEarlier() {
        synchronized (earlier) {
            List<ComplianceMinute> minutes = new ArrayList<>(earlier);
            earlier.clear();
            return minutes;
        }
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
