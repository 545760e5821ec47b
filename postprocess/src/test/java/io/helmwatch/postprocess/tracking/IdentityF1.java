package io.helmwatch.postprocess.tracking;

import io.helmwatch.vision.BoundingBox;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * IDF1 of Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking" (2016): true identities are
 * matched one to one with tracks so that as many boxes as possible agree; IDF1 = 2 IDTP / (true boxes + tracked boxes). Boxes agree
 * from an IoU of 0.5.
 */
public final class IdentityF1 {
    public record Box(int id, BoundingBox box) {}

    private final Map<Integer, Integer> trueRows = new HashMap<>();
    private final Map<Integer, Integer> trackColumns = new HashMap<>();
    private final Map<Long, Integer> agreements = new HashMap<>();
    private int trueBoxes;
    private int trackedBoxes;

    void add(List<Box> truth, List<Box> tracked) {
        trueBoxes += truth.size();
        trackedBoxes += tracked.size();
        for (Box expected : truth) {
            int row = trueRows.computeIfAbsent(expected.id(), id -> trueRows.size());
            for (Box found : tracked) {
                int column = trackColumns.computeIfAbsent(found.id(), id -> trackColumns.size());
                if (iou(expected.box(), found.box()) >= 0.5) {
                    agreements.merge(((long) row << 32) | column, 1, Integer::sum);
                }
            }
        }
        tracked.forEach(found -> trackColumns.computeIfAbsent(found.id(), id -> trackColumns.size()));
    }

    double value() {
        return trueBoxes + trackedBoxes == 0 ? 1 : 2.0 * truePositives() / (trueBoxes + trackedBoxes);
    }

    int trackCount() {
        return trackColumns.size();
    }

    private int truePositives() {
        int n = trueRows.size();
        int m = trackColumns.size();
        if (n == 0 || m == 0) {
            return 0;
        }
        // Plain exhaustive-by-augmentation matching would do for the hand cases; clips need the polynomial method, and
        // it
        // has its own test against brute force.
        LinearAssignment assignment = new LinearAssignment();
        assignment.reset(n, m, 0);
        agreements.forEach((pair, count) -> assignment.cost((int) (pair >> 32), (int) (long) pair, -count));
        assignment.solve();
        int sum = 0;
        for (int row = 0; row < n; row++) {
            int column = assignment.columnOf(row);
            if (column >= 0) {
                sum += agreements.getOrDefault(((long) row << 32) | column, 0);
            }
        }
        return sum;
    }

    private static double iou(BoundingBox a, BoundingBox b) {
        return Overlap.iou(a.x1(), a.y1(), a.x2(), a.y2(), b.x1(), b.y1(), b.x2(), b.y2(), 0);
    }

    static List<Box> boxes(Object... idsAndX) {
        List<Box> boxes = new ArrayList<>();
        for (int i = 0; i < idsAndX.length; i += 2) {
            float x = ((Number) idsAndX[i + 1]).floatValue();
            boxes.add(new Box((Integer) idsAndX[i], new BoundingBox(x, 0, x + 10, 10)));
        }
        return boxes;
    }
}
