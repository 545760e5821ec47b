package io.helmwatch.pipeline.backend.cuda.quantization;

import io.helmwatch.inference.ModelInfo;
import io.helmwatch.postprocess.CpuPostprocessor;
import io.helmwatch.postprocess.DetectionEvaluation;
import io.helmwatch.postprocess.DetectionEvaluator;
import io.helmwatch.postprocess.LabelledBox;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.HostPredictions;
import io.helmwatch.vision.HostTensorBatch;
import io.helmwatch.vision.Letterbox;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Compares what networks find on the same pictures, with the same letterbox and the CPU's suppression, so that only the network differs.
 *
 * <p>Threading: used by one thread.
 */
public final class DetectionComparison {
    private static final double MATCH = 0.5;

    private final PictureFolder pictures;
    private final ModelInfo model;
    private final float threshold;
    private final boolean labelled;
    private final List<List<LabelledBox>> objects = new ArrayList<>();
    private final List<List<Detection>> reference = new ArrayList<>();

    /**
     * Makes a comparison.
     *
     * @param threshold the model's own: smallest confidence of a box that is reported
     */
    public DetectionComparison(PictureFolder pictures, ModelInfo model, double threshold) {
        this.pictures = pictures;
        this.model = model;
        this.threshold = (float) threshold;
        this.labelled = pictures.isLabelled();
    }

    /** Whether labels are what networks are measured by. */
    boolean isLabelled() {
        return labelled;
    }

    /**
     * Runs the network that others are compared with.
     *
     * @param input where pictures go
     * @param run runs the first so many pictures of the input
     */
    Int8Report.Score reference(HostTensorBatch input, int batch, IntFunction<HostPredictions> run) {
        reference.clear();
        objects.clear();
        detect(input, batch, run, true, reference);
        if (!labelled) {
            for (List<Detection> found : reference) {
                objects.add(certain(found).stream()
                        .map(detection ->
                                new LabelledBox(model.labels().indexOf(detection.label()), detection.sourceBox()))
                        .toList());
            }
        }
        return score(reference);
    }

    /** Runs another network; {@link #reference} comes first. */
    Int8Report.Score compare(HostTensorBatch input, int batch, IntFunction<HostPredictions> run) {
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
            for (int done = 0; done < pictures.size(); done += batch) {
                int size = Math.min(batch, pictures.size() - done);
                placed.clear();
                for (int i = 0; i < size; i++) {
                    Letterbox letterbox = pictures.letterbox(done + i, input, i);
                    placed.add(letterbox);
                    if (readLabels && labelled) {
                        objects.add(pictures.labels(
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

    private List<Detection> certain(List<Detection> found) {
        return found.stream()
                .filter(detection -> detection.confidence() >= threshold)
                .toList();
    }

    private Int8Report.Score score(List<List<Detection>> found) {
        DetectionEvaluator evaluator = new DetectionEvaluator(model.labels());
        int expected = 0;
        int matched = 0;
        int boxes = 0;
        for (int i = 0; i < found.size(); i++) {
            evaluator.add(found.get(i), objects.get(i));
            List<Detection> wanted = certain(reference.get(i));
            List<Detection> there = new ArrayList<>(certain(found.get(i)));
            boxes += there.size();
            expected += wanted.size();
            for (Detection one : wanted) {
                matched += take(one, there) ? 1 : 0;
            }
        }
        DetectionEvaluation evaluation = evaluator.evaluate();
        return new Int8Report.Score(
                evaluation.meanAt50(),
                evaluation.meanAt50To95(),
                expected == 0 ? Double.NaN : (double) matched / expected,
                boxes);
    }

    /** Removes the box that overlaps most, when it does by at least half. */
    private static boolean take(Detection wanted, List<Detection> there) {
        int best = -1;
        double overlap = MATCH;
        for (int i = 0; i < there.size(); i++) {
            double found = there.get(i).label().equals(wanted.label())
                    ? wanted.sourceBox().intersectionOverUnion(there.get(i).sourceBox())
                    : 0;
            if (found >= overlap) {
                overlap = found;
                best = i;
            }
        }
        if (best >= 0) {
            there.remove(best);
        }
        return best >= 0;
    }
}
