package io.helmwatch.vision.tensor;

import io.helmwatch.vision.ImageSize;
import java.util.ArrayList;
import java.util.List;

/**
 * The size of a model's input for a frame: always the same, or fitting the frame. A fitting input has the frame's shape: its longer
 * side is that of a square input, its shorter side is the scaled frame's, rounded up to the stride. So no more than
 * {@code stride - 1} rows or columns are padding, and the frame has the same scale as in a square input.
 *
 * <p>Threading: immutable. All sizes are created with the object, so that asking for one allocates nothing.
 */
public final class InputSizing {
    private final ImageSize largest;
    private final boolean fitting;
    private final int stride;
    /** By the shorter side in strides, less one. */
    private final List<ImageSize> landscape = new ArrayList<>();

    private final List<ImageSize> portrait = new ArrayList<>();

    private InputSizing(ImageSize largest, boolean fitting, int stride) {
        this.largest = largest;
        this.fitting = fitting;
        this.stride = stride;
    }

    /** The same size for all frames. */
    public static InputSizing fixed(ImageSize size) {
        return new InputSizing(size, false, 1);
    }

    /**
     * A size that fits the frame.
     *
     * @param side the longer side, a multiple of the stride
     * @param stride the model's largest stride
     */
    public static InputSizing fitting(int side, int stride) {
        if (stride < 1 || side < stride || side % stride != 0) {
            throw new IllegalArgumentException(
                    "input side " + side + ": expected a multiple of the stride " + stride + ", at least one stride");
        }
        ImageSize square = new ImageSize(side, side);
        InputSizing sizing = new InputSizing(square, true, stride);
        for (int shorter = stride; shorter < side; shorter += stride) {
            sizing.landscape.add(new ImageSize(side, shorter));
            sizing.portrait.add(new ImageSize(shorter, side));
        }
        sizing.landscape.add(square);
        sizing.portrait.add(square);
        return sizing;
    }

    /** The only size, or of fitting ones the square that covers all. */
    public ImageSize largest() {
        return largest;
    }

    /** Whether the size depends on the frame. */
    public boolean isFitting() {
        return fitting;
    }

    /** The shortest side of a size. */
    public int shortestSide() {
        return fitting ? stride : Math.min(largest.width(), largest.height());
    }

    /** The size for a frame; the same object for the same shape. */
    public ImageSize sizeFor(int frameWidth, int frameHeight) {
        if (!fitting) {
            return largest;
        }
        int longer = Math.max(frameWidth, frameHeight);
        int shorter = Math.min(frameWidth, frameHeight);
        // As Letterbox rounds.
        int scaled = Math.max(1, (int) Math.rint(shorter * ((double) largest.width() / longer)));
        int index = (scaled + stride - 1) / stride - 1;
        return (frameWidth >= frameHeight ? landscape : portrait).get(index);
    }

    /** The size for frames of 16:9, the shape of most cameras. */
    public ImageSize widescreen() {
        return sizeFor(16, 9);
    }

    /** Whether a frame may have this size. */
    public boolean hasSize(ImageSize size) {
        return size.equals(largest) || landscape.contains(size) || portrait.contains(size);
    }

    @Override
    public String toString() {
        return fitting ? "fits the frame, up to " + largest : largest.toString();
    }
}
