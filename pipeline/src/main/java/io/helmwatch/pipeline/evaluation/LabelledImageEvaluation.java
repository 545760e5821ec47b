package io.helmwatch.pipeline.evaluation;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.postprocess.DetectionEvaluation;
import io.helmwatch.postprocess.DetectionEvaluator;
import io.helmwatch.postprocess.LabelledBox;
import io.helmwatch.postprocess.LabelledImages;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.FrameDetections;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Average precision of a model on labelled images, which pass the same pipeline as frames of cameras.
 *
 * <p>Threading: one thread.
 */
public final class LabelledImageEvaluation {
    private static final int CONCURRENCY = 8;

    private LabelledImageEvaluation() {}

    /**
     * Evaluates.
     *
     * @param config thresholds low enough for an evaluation
     * @param fatalErrors handles the loss of the device
     * @throws IllegalStateException when an image cannot be analysed
     * @throws IllegalArgumentException for a line that is not a label; the message names file and line
     * @throws IOException when a label file cannot be read
     */
    public static DetectionEvaluation evaluate(
            OpenedBackend backend,
            HelmwatchConfig config,
            List<LabelledImages.Entry> images,
            FatalErrorHandler fatalErrors)
            throws IOException, InterruptedException {
        List<StreamConfig> sources = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            sources.add(StreamConfig.of("image-" + i, images.get(i).image().toString()));
        }
        InMemoryDetectionSink memory = new InMemoryDetectionSink();
        try (OfflineRun run = OfflineRun.start(backend, config, List.of(), List.of(memory), CONCURRENCY, fatalErrors)) {
            for (OfflineRun.Outcome outcome : run.playAll(sources)) {
                if (!outcome.isComplete()) {
                    throw new IllegalStateException(
                            outcome.problem() + "; repair the image or remove it from the folder");
                }
            }
        }
        Map<String, FrameDetections> found = new HashMap<>();
        memory.detections().forEach(frame -> found.put(frame.stream(), frame));
        List<String> labels = backend.stages().engine().model().labels();
        DetectionEvaluator evaluator = new DetectionEvaluator(labels);
        for (int i = 0; i < images.size(); i++) {
            FrameDetections frame = found.get(sources.get(i).id());
            if (frame == null) {
                throw new IllegalStateException(
                        images.get(i).image() + " could not be decoded; repair the image or remove it from the folder");
            }
            evaluator.add(frame.detections(), LabelledBox.read(images.get(i).labels(), frame.size(), labels.size()));
        }
        return evaluator.evaluate();
    }
}
