package io.helmwatch.postprocess.tracking;

/** Intersection over union. */
final class Overlap {
    private Overlap() {}

    /** IoU of two boxes after both are enlarged by {@code margin} on every side; 0 where they do not intersect. */
    static double iou(
            float ax1, float ay1, float ax2, float ay2, float bx1, float by1, float bx2, float by2, double margin) {
        double width = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1) + 2 * margin);
        double height = Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1) + 2 * margin);
        double intersection = width * height;
        double areaA = (ax2 - ax1 + 2 * margin) * (ay2 - ay1 + 2 * margin);
        double areaB = (bx2 - bx1 + 2 * margin) * (by2 - by1 + 2 * margin);
        double union = areaA + areaB - intersection;
        return union <= 0 ? 0 : intersection / union;
    }
}
