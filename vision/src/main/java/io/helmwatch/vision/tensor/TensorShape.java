package io.helmwatch.vision.tensor;

import io.helmwatch.vision.ImageSize;

/**
 * Shape of a batch of images, the input of a model, {@code [N, C, H, W]}, row-major.
 *
 * @param batch N, at least 1
 * @param channels C
 * @param height H in pixels
 * @param width W in pixels
 */
public record TensorShape(int batch, int channels, int height, int width) {

    /** Rejects empty dimensions. */
    public TensorShape {
        if (batch < 1 || channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException("tensor shape [" + batch + ", " + channels + ", " + height + ", " + width
                    + "]: every dimension must be at least 1");
        }
    }

    /** Elements of one image. */
    public int elementsPerImage() {
        return Math.multiplyExact(Math.multiplyExact(channels, height), width);
    }

    /** Size of one image. */
    public ImageSize imageSize() {
        return new ImageSize(width, height);
    }

    @Override
    public String toString() {
        return "[" + batch + ", " + channels + ", " + height + ", " + width + "]";
    }
}
