package io.helmwatch.vision;

/**
 * An axis-aligned box; origin top-left, x to the right, y down, in pixels of the frame or of the model input, as the name of the
 * holder says ({@code sourceBox}, {@code modelBox}). A pixel {@code (0, 0)} covers {@code [0, 1) x [0, 1)}.
 *
 * @param x1 left edge
 * @param y1 top edge
 * @param x2 right edge, at least {@code x1}
 * @param y2 bottom edge, at least {@code y1}
 */
public record BoundingBox(float x1, float y1, float x2, float y2) {

    /** Width in pixels. */
    public float width() {
        return x2 - x1;
    }

    /** Height in pixels. */
    public float height() {
        return y2 - y1;
    }

    /** Area in square pixels. */
    public float area() {
        return width() * height();
    }

    /** Intersection over union, 0 to 1, in double precision; 0 for boxes that do not overlap, and for empty boxes. */
    public double intersectionOverUnion(BoundingBox other) {
        double overlapWidth = Math.min(x2, other.x2) - Math.max(x1, other.x1);
        double overlapHeight = Math.min(y2, other.y2) - Math.max(y1, other.y1);
        if (overlapWidth <= 0 || overlapHeight <= 0) {
            return 0;
        }
        double intersection = overlapWidth * overlapHeight;
        return intersection / (area() + (double) other.area() - intersection);
    }
}
