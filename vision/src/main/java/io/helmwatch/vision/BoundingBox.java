package io.helmwatch.vision;

/**
 * An axis-aligned box; origin top-left, x to the right, y down, in pixels of the picture that the name of the holder tells
 * ({@code sourceBox}, {@code modelBox}). A pixel {@code (0, 0)} covers {@code [0, 1) x [0, 1)}.
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

    /** Area that both cover over the area that either covers, 0 to 1, in double precision; 0 where they do not overlap, also of empty boxes. */
    public double intersectionOverUnion(BoundingBox other) {
        double sharedWidth = Math.min(x2, other.x2) - Math.max(x1, other.x1);
        double sharedHeight = Math.min(y2, other.y2) - Math.max(y1, other.y1);
        if (sharedWidth <= 0 || sharedHeight <= 0) {
            return 0;
        }
        double overlap = sharedWidth * sharedHeight;
        return overlap / (area() + (double) other.area() - overlap);
    }
}
