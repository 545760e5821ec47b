package io.helmwatch.postprocess;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.RawPredictions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Box decoding and suppression on the CPU; the reference for the GPU.
 *
 * <p>Suppression happens in model pixels; the remaining boxes are mapped back with the letterbox, clipped to the frame, and
 * dropped when empty. Only the detections are allocated per frame.
 *
 * <p>Threading: used by one thread.
 */
public final class CpuPostprocessor implements Postprocessor {

    private final NmsSettings settings;
    private final List<String> labels;
    private final BoxCandidates candidates = new BoxCandidates();
    private final NonMaxSuppression suppression;

    /**
     * Creates a postprocessor.
     *
     * @param settings the thresholds
     * @param labels class names by index
     */
    public CpuPostprocessor(NmsSettings settings, List<String> labels) {
        this.settings = settings;
        this.labels = List.copyOf(labels);
        suppression = new NonMaxSuppression(settings);
    }

    @Override
    public List<Detection> detect(RawPredictions predictions, int index, Letterbox letterbox) {
        if (!(predictions instanceof HostPredictions host)) {
            throw new IllegalArgumentException("predictions on a device: this postprocessor reads host memory");
        }
        if (host.layout().classes() != labels.size()) {
            throw new IllegalArgumentException("predictions of " + host.layout().classes() + " classes: expected "
                    + labels.size() + ", one per label");
        }
        candidates.clear();
        YoloV5BoxDecoder.decode(host, index, settings.confidence(), candidates);
        candidates.sort();
        int kept = suppression.suppress(candidates);
        if (kept == 0) {
            return List.of();
        }
        List<Detection> detections = new ArrayList<>(kept);
        for (int i = 0; i < kept; i++) {
            int rank = suppression.keptRank(i);
            int slot = candidates.slot(rank);
            BoundingBox box = sourceBox(slot, letterbox);
            if (box.x2() > box.x1() && box.y2() > box.y1()) {
                detections.add(
                        new Detection(labels.get(candidates.classIndex(slot)), candidates.confidence(rank), box));
            }
        }
        return Collections.unmodifiableList(detections);
    }

    private BoundingBox sourceBox(int slot, Letterbox letterbox) {
        float width = letterbox.source().width();
        float height = letterbox.source().height();
        return new BoundingBox(
                clip(letterbox.toSourceX(candidates.x1(slot)), width),
                clip(letterbox.toSourceY(candidates.y1(slot)), height),
                clip(letterbox.toSourceX(candidates.x2(slot)), width),
                clip(letterbox.toSourceY(candidates.y2(slot)), height));
    }

    private static float clip(double value, float limit) {
        return Math.max(0, Math.min(limit, (float) value));
    }

    /** Does nothing: no native memory is held. */
    @Override
    public void close() {
        // Nothing to free.
    }
}
