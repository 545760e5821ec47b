package io.helmwatch.vision;

/**
 * Width and height of a frame or image in pixels, as displayed (after rotation).
 *
 * @param width columns, at least 1
 * @param height rows, at least 1
 */
public record ImageSize(int width, int height) {

    /** Rejects sizes without pixels. */
    public ImageSize {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException(
                    "image size " + width + "x" + height + ": both sides must be at least 1");
        }
    }

    @Override
    public String toString() {
        return width + "x" + height;
    }
}
