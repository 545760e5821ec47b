package io.helmwatch.pipeline.compliance;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.rules.HeadCounter;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.VideoFrame;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the observed heads of every stream by zone and minute, until they are {@linkplain #drain drained}. A stream that starts again, or whose
 * zones change, gets another counter, whose part of a minute has a name of its own.
 *
 * <p>Threading: as {@link FrameAnalyzer}; the other methods by any thread. Nothing is allocated per frame, and streams share no lock.
 */
final class ComplianceCounters implements FrameAnalyzer, StreamObserver {
    private final TrackingConfig tracking;
    private final Clock clock;
    private final Map<String, HeadCounter> counters = new ConcurrentHashMap<>();
    /** Counts of streams and zones that are no longer there; guarded by itself. */
    private final List<ComplianceMinute> earlier = new ArrayList<>();

    private long lastSinceMillis;

    /**
     * Counts no stream so far.
     *
     * @param tracking labels of helmets and of bare heads
     */
    ComplianceCounters(TrackingConfig tracking, Clock clock) {
        this.tracking = tracking;
        this.clock = clock;
    }

    @Override
    public void added(StreamConfig stream) {
        replaced(counters.put(stream.id(), new HeadCounter(stream, tracking, nextSinceMillis())));
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

    private void replaced(@Nullable HeadCounter counter) {
        if (counter != null) {
            synchronized (earlier) {
                counter.drainAll(earlier::add);
            }
        }
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        HeadCounter counter = counters.get(detections.stream());
        if (counter != null) {
            counter.onFrame(detections);
        }
        return detections;
    }

    /** The minutes that were completed since the last call. */
    List<ComplianceMinute> drain() {
        List<ComplianceMinute> minutes = takeEarlier();
        long nowMillis = clock.millis();
        counters.values().forEach(counter -> counter.drain(nowMillis, minutes::add));
        return minutes;
    }

    /** Everything that was counted since the last call, also of a minute that is not over. */
    List<ComplianceMinute> drainAll() {
        List<ComplianceMinute> minutes = takeEarlier();
        counters.values().forEach(counter -> counter.drainAll(minutes::add));
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
