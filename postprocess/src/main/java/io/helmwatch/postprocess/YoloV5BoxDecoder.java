package io.helmwatch.postprocess;

import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.PredictionLayout.Head;
import java.nio.FloatBuffer;

/**
 * Extracts candidates from a YOLOv5 output: each row yields at most one box, of its best class (the first of equals), if
 * objectness and objectness times class probability reach the threshold.
 *
 * <p>Raw heads are decoded as {@code Detect} of ultralytics/yolov5 (models/yolo.py) does, with {@code s} the sigmoid and the cell
 * {@code (x, y)}: centre {@code (2 s(t) - 0.5 + cell) * stride}, size {@code (2 s(t))^2 * anchor}. Rows are numbered as by its
 * concatenation: by head, then anchor, then cell.
 *
 * <p>Threading: stateless.
 */
final class YoloV5BoxDecoder {

    private static final int ANCHORS_PER_CELL = 3;

    private YoloV5BoxDecoder() {}

    static void decode(HostPredictions predictions, int index, float confidence, BoxCandidates candidates) {
        PredictionLayout layout = predictions.layout();
        if (layout.kind() == PredictionLayout.Kind.DECODED) {
            decodeRows(predictions.tensors().get(0), index, layout, confidence, candidates);
        } else {
            for (int head = 0; head < layout.heads().size(); head++) {
                decodeHead(
                        predictions.tensors().get(head),
                        index,
                        layout,
                        layout.heads().get(head),
                        confidence,
                        candidates);
            }
        }
    }

    private static void decodeRows(
            FloatBuffer rows, int index, PredictionLayout layout, float confidence, BoxCandidates candidates) {
        int elements = layout.rowElements();
        int classes = layout.classes();
        int row = Math.multiplyExact(Math.multiplyExact(index, layout.anchors()), elements);
        for (int i = 0; i < layout.anchors(); i++, row += elements) {
            float objectness = rows.get(row + 4);
            // Also false for NaN.
            if (objectness >= confidence) {
                int best = bestClass(rows, row + 5, 1, classes);
                float score = objectness * rows.get(row + 5 + best);
                if (score >= confidence) {
                    addBox(
                            rows.get(row),
                            rows.get(row + 1),
                            rows.get(row + 2),
                            rows.get(row + 3),
                            score,
                            best,
                            candidates);
                }
            }
        }
    }

    private static void decodeHead(
            FloatBuffer logits,
            int index,
            PredictionLayout layout,
            Head head,
            float confidence,
            BoxCandidates candidates) {
        int cells = head.rows() * head.columns();
        int elementStep = layout.elementStep(head);
        int cellStep = layout.cellStep();
        int anchorElements = cells * layout.rowElements();
        int firstOfAnchor = Math.multiplyExact(index, ANCHORS_PER_CELL * anchorElements);
        float stride = head.stride();
        for (int anchor = 0; anchor < ANCHORS_PER_CELL; anchor++, firstOfAnchor += anchorElements) {
            float anchorWidth = head.anchorSizes().get(2 * anchor);
            float anchorHeight = head.anchorSizes().get(2 * anchor + 1);
            int row = firstOfAnchor;
            for (int cell = 0; cell < cells; cell++, row += cellStep) {
                float objectness = sigmoid(logits.get(row + 4 * elementStep));
                if (objectness >= confidence) {
                    int best = bestClass(logits, row + 5 * elementStep, elementStep, layout.classes());
                    float score = objectness * sigmoid(logits.get(row + (5 + best) * elementStep));
                    if (score >= confidence) {
                        float twiceWidth = 2 * sigmoid(logits.get(row + 2 * elementStep));
                        float twiceHeight = 2 * sigmoid(logits.get(row + 3 * elementStep));
                        addBox(
                                (2 * sigmoid(logits.get(row)) - 0.5f + cell % head.columns()) * stride,
                                (2 * sigmoid(logits.get(row + elementStep)) - 0.5f + cell / head.columns()) * stride,
                                twiceWidth * twiceWidth * anchorWidth,
                                twiceHeight * twiceHeight * anchorHeight,
                                score,
                                best,
                                candidates);
                    }
                }
            }
        }
    }

    private static int bestClass(FloatBuffer rows, int first, int step, int classes) {
        int best = 0;
        float bestValue = rows.get(first);
        for (int i = 1; i < classes; i++) {
            float value = rows.get(first + i * step);
            if (value > bestValue) {
                bestValue = value;
                best = i;
            }
        }
        return best;
    }

    private static void addBox(
            float x, float y, float width, float height, float score, int classIndex, BoxCandidates candidates) {
        float halfWidth = width / 2;
        float halfHeight = height / 2;
        candidates.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classIndex);
    }

    private static float sigmoid(float logit) {
        return (float) (1 / (1 + Math.exp(-logit)));
    }
}
