package io.helmwatch.pipeline.desk;

import io.helmwatch.config.StreamConfig;
import io.helmwatch.config.TrackingConfig;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.rules.HeadCounter;
import io.helmwatch.sinks.history.HeadCounts;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.VideoFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the observed heads of every stream by zone, until they are {@linkplain #drain drained} into the history.
 *
 * <p>Threading: as {@link FrameAnalyzer}; the other methods by any thread. Nothing is allocated per frame, and streams share no lock.
 */
public final class ComplianceCounters implements FrameAnalyzer, StreamObserver {
    private final TrackingConfig tracking;
    private final Map<String, HeadCounter> counters = new ConcurrentHashMap<>();
    /** Counts of streams and zones that are no longer there. */
    private final List<HeadCounts> earlier = new ArrayList<>();

    /**
     * Counts no stream so far.
     *
     * @param tracking labels of helmets and of bare heads
     */
    public ComplianceCounters(TrackingConfig tracking) {
        this.tracking = tracking;
    }

    @Override
    public void added(StreamConfig stream) {
        replaced(stream.id(), counters.put(stream.id(), new HeadCounter(stream.rules(), tracking)));
    }

    @Override
    public void changed(StreamConfig stream) {
        added(stream);
    }

    @Override
    public void removed(String stream) {
        replaced(stream, counters.remove(stream));
    }

    private void replaced(String stream, @Nullable HeadCounter counter) {
        if (counter != null) {
            synchronized (earlier) {
                drain(stream, counter, earlier);
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

    /** What was counted since the last call. */
    public List<HeadCounts> drain() {
        List<HeadCounts> counts = new ArrayList<>();
        synchronized (earlier) {
            counts.addAll(earlier);
            earlier.clear();
        }
        counters.forEach((stream, counter) -> drain(stream, counter, counts));
        return counts;
    }

    private static void drain(String stream, HeadCounter counter, List<HeadCounts> into) {
        counter.drain((zone, hourMillis, helmet, bare, uncertain, frames, personMillis) ->
                into.add(new HeadCounts(stream, zone, hourMillis, helmet, bare, uncertain, frames, personMillis)));
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
