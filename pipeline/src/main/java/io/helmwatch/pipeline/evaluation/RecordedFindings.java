package io.helmwatch.pipeline.evaluation;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one backend or model found in a list of sources.
 *
 * @param description what ran where
 * @param bySource detections by source, then by frame sequence
 */
public record RecordedFindings(String description, Map<String, SortedMap<Long, List<Detection>>> bySource) {

    /**
     * Plays all sources, one after the other.
     *
     * @param sources paths or URLs
     * @param fatalErrors handles the loss of the device
     * @throws IllegalStateException when a source cannot be analysed completely
     */
    public static RecordedFindings record(
            OpenedBackend backend, HelmwatchConfig config, List<String> sources, FatalErrorHandler fatalErrors)
            throws InterruptedException {
        Map<String, SortedMap<Long, List<Detection>>> bySource = new LinkedHashMap<>();
        for (String source : sources) {
            InMemoryDetectionSink memory = new InMemoryDetectionSink();
            try (OfflineRun run = OfflineRun.start(backend, config, List.of(), List.of(memory), 1, fatalErrors)) {
                OfflineRun.Outcome outcome = run.play(StreamConfig.of("compare", source));
                if (!outcome.isComplete()) {
                    throw new IllegalStateException(outcome.problem());
                }
            }
            SortedMap<Long, List<Detection>> byFrame = new TreeMap<>();
            for (FrameDetections frame : memory.detections()) {
                byFrame.put(frame.sequence(), frame.detections());
            }
            bySource.put(source, byFrame);
        }
        return new RecordedFindings(backend.description(), bySource);
    }

    /** Detections of one source by frame sequence; empty for a source that was not played. */
    public SortedMap<Long, List<Detection>> frames(String source) {
        return bySource.getOrDefault(source, new TreeMap<>());
    }
}
