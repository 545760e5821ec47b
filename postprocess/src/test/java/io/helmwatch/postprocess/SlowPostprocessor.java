package io.helmwatch.postprocess;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.PredictionLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The same rules written a second time, in the plainest way: all rows into objects in double precision, a stable sort, and
 * suppression that strikes out all weaker boxes before it takes the next.
 */
final class SlowPostprocessor {

    private record Box(double x1, double y1, double x2, double y2, double score, int classIndex) {

        double overlap(Box other) {
            double width = Math.max(0, Math.min(x2, other.x2) - Math.max(x1, other.x1));
            double height = Math.max(0, Math.min(y2, other.y2) - Math.max(y1, other.y1));
            double union = (x2 - x1) * (y2 - y1) + (other.x2 - other.x1) * (other.y2 - other.y1) - width * height;
            return width * height / union;
        }
    }

    private SlowPostprocessor() {}

    static List<Detection> detect(
            HostPredictions predictions, int index, Letterbox letterbox, NmsSettings settings, List<String> labels) {
        List<Box> left = new ArrayList<>();
        for (double[] row : rows(predictions, index)) {
            int best = 5;
            for (int i = 5; i < row.length; i++) {
                best = row[i] > row[best] ? i : best;
            }
            double score = row[4] * row[best];
            if (score >= settings.confidence() && row[2] > 0 && row[3] > 0) {
                left.add(new Box(
                        row[0] - row[2] / 2,
                        row[1] - row[3] / 2,
                        row[0] + row[2] / 2,
                        row[1] + row[3] / 2,
                        score,
                        best - 5));
            }
        }
        left.sort(Comparator.comparingDouble(box -> -box.score));
        List<Detection> detections = new ArrayList<>();
        int kept = 0;
        while (!left.isEmpty() && kept < settings.maxDetections()) {
            Box strongest = left.remove(0);
            kept++;
            left.removeIf(box -> (settings.classAgnostic() || box.classIndex == strongest.classIndex)
                    && strongest.overlap(box) > settings.iou());
            BoundingBox source = clipped(strongest, letterbox);
            if (source.width() > 0 && source.height() > 0) {
                detections.add(new Detection(labels.get(strongest.classIndex), (float) strongest.score, source));
            }
        }
        return detections;
    }

    private static BoundingBox clipped(Box box, Letterbox letterbox) {
        double scaleX = (double) letterbox.source().width() / letterbox.scaledWidth();
        double scaleY = (double) letterbox.source().height() / letterbox.scaledHeight();
        return new BoundingBox(
                clip((box.x1 - letterbox.padLeft()) * scaleX, letterbox.source().width()),
                clip((box.y1 - letterbox.padTop()) * scaleY, letterbox.source().height()),
                clip((box.x2 - letterbox.padLeft()) * scaleX, letterbox.source().width()),
                clip((box.y2 - letterbox.padTop()) * scaleY, letterbox.source().height()));
    }

    private static float clip(double value, int limit) {
        return (float) (value < 0 ? 0 : value > limit ? limit : value);
    }

    private static List<double[]> rows(HostPredictions predictions, int index) {
        PredictionLayout layout = predictions.layout();
        int elements = layout.rowElements();
        List<double[]> rows = new ArrayList<>();
        if (layout.kind() == PredictionLayout.Kind.DECODED) {
            for (int anchor = 0; anchor < layout.anchors(); anchor++) {
                double[] row = new double[elements];
                for (int i = 0; i < elements; i++) {
                    row[i] = predictions.tensors().get(0).get((index * layout.anchors() + anchor) * elements + i);
                }
                rows.add(row);
            }
            return rows;
        }
        for (int h = 0; h < layout.heads().size(); h++) {
            PredictionLayout.Head head = layout.heads().get(h);
            for (int anchor = 0; anchor < 3; anchor++) {
                for (int y = 0; y < head.rows(); y++) {
                    for (int x = 0; x < head.columns(); x++) {
                        double[] row = new double[elements];
                        for (int i = 0; i < elements; i++) {
                            int at = (((index * 3 + anchor) * head.rows() + y) * head.columns() + x) * elements + i;
                            row[i] = 1
                                    / (1
                                            + Math.exp(-predictions
                                                    .tensors()
                                                    .get(h)
                                                    .get(at)));
                        }
                        row[0] = (row[0] * 2 - 0.5 + x) * head.stride();
                        row[1] = (row[1] * 2 - 0.5 + y) * head.stride();
                        row[2] = Math.pow(row[2] * 2, 2) * head.anchorSizes().get(2 * anchor);
                        row[3] = Math.pow(row[3] * 2, 2) * head.anchorSizes().get(2 * anchor + 1);
                        rows.add(row);
                    }
                }
            }
        }
        return rows;
    }
}
