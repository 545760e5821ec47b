package io.helmwatch.vision.tensor;

import java.util.List;

/**
 * Layout of a YOLOv5 output.
 *
 * <p>Decoded: one tensor {@code [N, anchors, 5 + classes]}; a row is centre x, centre y, width, height in model pixels,
 * objectness and class probabilities, sigmoid applied. Raw: one tensor per stride, before sigmoid, either
 * {@code [N, 3, H/stride, W/stride, 5 + classes]} or, as the last convolutions produce it,
 * {@code [N, 3 * (5 + classes), H/stride, W/stride]}.
 *
 * @param kind decoded, or one of the raw layouts
 * @param classes number of classes
 * @param anchors rows per image over all heads
 * @param heads the raw heads in ascending order of stride; empty when decoded
 */
public record PredictionLayout(Kind kind, int classes, int anchors, List<Head> heads) {

    /** Keeps its own copy. */
    public PredictionLayout {
        heads = List.copyOf(heads);
    }

    /** Elements of a row. */
    public int rowElements() {
        return 5 + classes;
    }

    /** Distance between the elements of a row of a raw head, in elements. */
    public int elementStep(Head head) {
        return kind == Kind.RAW_PLANES ? head.rows() * head.columns() : 1;
    }

    /** Distance between the rows of adjacent cells of a raw head, in elements. */
    public int cellStep() {
        return kind == Kind.RAW_PLANES ? 1 : rowElements();
    }

    /** Whether the model decodes boxes. */
    public enum Kind {
        /** Boxes in model pixels, probabilities. */
        DECODED,
        /** Logits per stride, the elements of a row adjacent. */
        RAW,
        /** Logits per stride, one plane per element of an anchor's rows. */
        RAW_PLANES
    }

    /**
     * One raw head.
     *
     * @param stride model pixels per cell
     * @param rows number of rows of cells
     * @param columns number of columns of cells
     * @param anchorSizes width and height in model pixels of the head's anchors, six numbers
     */
    public record Head(int stride, int rows, int columns, List<Float> anchorSizes) {

        /** Keeps its own copy. */
        public Head {
            anchorSizes = List.copyOf(anchorSizes);
        }
    }
}
