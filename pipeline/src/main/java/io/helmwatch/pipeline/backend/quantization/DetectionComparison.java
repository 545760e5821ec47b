package io.helmwatch.pipeline.backend.quantization;

import io.helmwatch.inference.ModelInfo;
import io.helmwatch.postprocess.CpuPostprocessor;
import io.helmwatch.postprocess.DetectionEvaluation;
import io.helmwatch.postprocess.DetectionEvaluator;
import io.helmwatch.postprocess.LabelledBox;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Compares the detections of engines on the same images, with the same letterbox and the suppression of the CPU, so that only the engines
 * differ.
 *
 * <p>Threading: one thread.
 */
public final class DetectionComparison {
    private static final double MIN_IOU = 0.5;

    private final ImageFolder images;
    private final ModelInfo model;
    private final float threshold;
    private final boolean labelled;
    private final List<List<LabelledBox>> objects = new ArrayList<>();
    private final List<List<Detection>> reference = new ArrayList<>();

    /**
     * Creates a comparison.
     *
     * @param threshold smallest confidence of a reported box
     */
    public DetectionComparison(ImageFolder images, ModelInfo model, double threshold) {
        this.images = images;
        this.model = model;
        this.threshold = (float) threshold;
        this.labelled = images.isLabelled();
    }

    /** Whether the images have labels; otherwise the boxes of the reference are used. */
    public boolean isLabelled() {
        return labelled;
    }

    /**
     * Runs the reference.
     *
     * @param input receives the images
     * @param run runs the first so many images of the input
     */
    public DetectionScore reference(HostTensorBatch input, int batch, IntFunction<HostPredictions> run) {
        reference.clear();
        objects.clear();
        detect(input, batch, run, true, reference);
        if (!labelled) {
            for (List<Detection> found : reference) {
                objects.add(confident(found).stream()
                        .map(detection ->
                                new LabelledBox(model.labels().indexOf(detection.label()), detection.sourceBox()))
                        .toList());
            }
        }
        return score(reference);
    }

    /** Runs another engine, after {@link #reference}. */
    public DetectionScore compare(HostTensorBatch input, int batch, IntFunction<HostPredictions> run) {
        List<List<Detection>> found = new ArrayList<>();
        detect(input, batch, run, false, found);
        return score(found);
    }

    private void detect(
            HostTensorBatch input,
            int batch,
            IntFunction<HostPredictions> run,
            boolean readLabels,
            List<List<Detection>> found) {
        try (CpuPostprocessor postprocessor = new CpuPostprocessor(NmsSettings.EVALUATION, model.labels())) {
            List<Letterbox> placed = new ArrayList<>();
            for (int done = 0; done < images.size(); done += batch) {
                int size = Math.min(batch, images.size() - done);
                placed.clear();
                for (int i = 0; i < size; i++) {
                    Letterbox letterbox = images.letterbox(done + i, input, i);
                    placed.add(letterbox);
                    if (readLabels && labelled) {
                        objects.add(images.labels(
                                done + i, letterbox, model.labels().size()));
                    }
                }
                HostPredictions predictions = run.apply(size);
                for (int i = 0; i < size; i++) {
                    found.add(postprocessor.detect(predictions, i, placed.get(i)));
                }
            }
        }
    }

    private List<Detection> confident(List<Detection> found) {
        return found.stream()
                .filter(detection -> detection.confidence() >= threshold)
                .toList();
    }

    private DetectionScore score(List<List<Detection>> found) {
        DetectionEvaluator evaluator = new DetectionEvaluator(model.labels());
        int expected = 0;
        int matched = 0;
        int boxes = 0;
        for (int i = 0; i < found.size(); i++) {
            evaluator.add(found.get(i), objects.get(i));
            List<Detection> wanted = confident(reference.get(i));
            List<Detection> remaining = new ArrayList<>(confident(found.get(i)));
            boxes += remaining.size();
            expected += wanted.size();
            for (Detection one : wanted) {
                matched += removeMatch(one, remaining) ? 1 : 0;
            }
        }
        DetectionEvaluation evaluation = evaluator.evaluate();
        return new DetectionScore(
                evaluation.meanAt50(),
                evaluation.meanAt50To95(),
                expected == 0 ? Double.NaN : (double) matched / expected,
                boxes);
    }

    /** Removes the box of the largest overlap, when that is at least the smallest overlap of a match. */
    private static boolean removeMatch(Detection wanted, List<Detection> remaining) {
        int best = -1;
        double overlap = MIN_IOU;
        for (int i = 0; i < remaining.size(); i++) {
            double found = remaining.get(i).label().equals(wanted.label())
                    ? wanted.sourceBox().intersectionOverUnion(remaining.get(i).sourceBox())
                    : 0;
            if (found >= overlap) {
                overlap = found;
                best = i;
            }
        }
        if (best >= 0) {
            remaining.remove(best);
        }
        return best >= 0;
    }
}
