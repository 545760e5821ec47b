package io.helmwatch.sinks.notify;

import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The streams that this process has, with their rules, for a target that announces them. A stream that another node takes over leaves without a trace;
 * one that no longer exists is {@linkplain #takeRemoved kept} until the target has withdrawn it.
 *
 * <p>Threading: any thread.
 */
public final class AnnouncedStreams implements DetectionSink {
    private final Map<String, List<String>> rules = new LinkedHashMap<>();
    private final Set<String> removed = new LinkedHashSet<>();

    /** A stream runs here, perhaps with other rules. */
    public synchronized void put(StreamConfig stream) {
        rules.put(
                stream.id(),
                stream.rules().rules().stream().map(RuleConfig::name).toList());
        removed.remove(stream.id());
    }

    /** A stream runs here no longer. */
    public synchronized void release(String stream) {
        rules.remove(stream);
    }

    @Override
    public synchronized void removeStream(String stream) {
        rules.remove(stream);
        removed.add(stream);
    }

    /** Names of rules by stream. */
    public synchronized Map<String, List<String>> current() {
        return new LinkedHashMap<>(rules);
    }

    /** Streams that were removed since the last call. */
    public synchronized Set<String> takeRemoved() {
        Set<String> taken = new LinkedHashSet<>(removed);
        removed.clear();
        return taken;
    }

    @Override
    public String name() {
        return "notify-streams";
    }

    @Override
    public void publish(FrameDetections detections) {
        // Only which streams there are.
    }

    @Override
    public void publish(StreamStatus status) {
        // Only which streams there are.
    }

    @Override
    public void close() {
        // Owns nothing.
    }
}
