package io.helmwatch.vision.tensor;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;

/**
 * How a frame is scaled and placed in a model's input, in both directions. The same object is used before and after inference, so
 * boxes map back exactly.
 *
 * <p>The scale is {@code min(target.width / source.width, target.height / source.height)}; the scaled sides are rounded half
 * to even as Python's {@code round} does, at least 1. Centred pads follow YOLOv5's {@code letterbox}: half of the remainder, the odd pixel at
 * the end. A source coordinate {@code x} maps to {@code padLeft + x * scaledWidth / source.width}: the ratio of the rounded
 * size, which the resampling applies, not the unrounded scale.
 *
 * @param source size of the frame
 * @param target size of the model's input
 * @param anchor position of the frame in the input
 * @param scaledWidth columns of the scaled frame
 * @param scaledHeight rows of the scaled frame
 * @param padLeft columns of padding to the left
 * @param padTop rows of padding above
 */
public record Letterbox(
        ImageSize source,
        ImageSize target,
        LetterboxAnchor anchor,
        int scaledWidth,
        int scaledHeight,
        int padLeft,
        int padTop) {

    /** Fits a frame into a model's input and preserves its aspect ratio. */
    public static Letterbox fit(ImageSize source, ImageSize target, LetterboxAnchor anchor) {
        double scale = Math.min((double) target.width() / source.width(), (double) target.height() / source.height());
        int scaledWidth = clampSide(source.width() * scale, target.width());
        int scaledHeight = clampSide(source.height() * scale, target.height());
        int padLeft = anchor == LetterboxAnchor.CENTER ? (target.width() - scaledWidth) / 2 : 0;
        int padTop = anchor == LetterboxAnchor.CENTER ? (target.height() - scaledHeight) / 2 : 0;
        return new Letterbox(source, target, anchor, scaledWidth, scaledHeight, padLeft, padTop);
    }

    private static int clampSide(double side, int limit) {
        return Math.max(1, Math.min(limit, (int) Math.rint(side)));
    }

    /** Model x of a source x. */
    public double toModelX(double sourceX) {
        return padLeft + sourceX * scaledWidth / source.width();
    }

    /** Model y of a source y. */
    public double toModelY(double sourceY) {
        return padTop + sourceY * scaledHeight / source.height();
    }

    /** Source x of a model x, not clipped. */
    public double toSourceX(double modelX) {
        return (modelX - padLeft) * source.width() / scaledWidth;
    }

    /** Source y of a model y, not clipped. */
    public double toSourceY(double modelY) {
        return (modelY - padTop) * source.height() / scaledHeight;
    }

    /** A source box in model pixels. */
    public BoundingBox toModel(BoundingBox sourceBox) {
        return new BoundingBox(
                (float) toModelX(sourceBox.x1()),
                (float) toModelY(sourceBox.y1()),
                (float) toModelX(sourceBox.x2()),
                (float) toModelY(sourceBox.y2()));
    }

    /** A model box in source pixels, not clipped. */
    public BoundingBox toSource(BoundingBox modelBox) {
        return new BoundingBox(
                (float) toSourceX(modelBox.x1()),
                (float) toSourceY(modelBox.y1()),
                (float) toSourceX(modelBox.x2()),
                (float) toSourceY(modelBox.y2()));
    }
}
