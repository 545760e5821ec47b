package io.helmwatch.vision.health;

/**
 * Compares samples with an earlier one, to detect a frozen image. A sensor's noise changes nearly every cell within a minute, and a
 * clock that is drawn into a frozen image only a few.
 *
 * <p>Threading: one thread. Allocates nothing after its creation.
 */
final class FrozenImage {
    /** Difference of a bin that is neither rounding nor what an encoder makes of the same image. */
    private static final int CHANGE = 2;

    private static final double MAX_CHANGED = 0.08;
    private static final int CELL_BINS = LumaSample.COLUMNS / SceneMeasures.CELL_COLUMNS;
    private static final int CELL_LINES = LumaSample.ROWS / SceneMeasures.CELL_ROWS;

    private final LumaSample anchor = new LumaSample();
    private boolean hasAnchor;

    /** Share of cells that differ from the image that the camera showed when it last moved; 1 without one. */
    double changed(LumaSample sample) {
        double share = hasAnchor ? compare(sample) : 1;
        if (!isStill(share)) {
            anchor.copyFrom(sample);
            hasAnchor = true;
        }
        return share;
    }

    private double compare(LumaSample sample) {
        int count = 0;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            count += differs(sample, cell) ? 1 : 0;
        }
        return (double) count / SceneMeasures.CELLS;
    }

    private boolean differs(LumaSample sample, int cell) {
        int row = cell / SceneMeasures.CELL_COLUMNS * CELL_LINES;
        int column = cell % SceneMeasures.CELL_COLUMNS * CELL_BINS;
        for (int y = row; y < row + CELL_LINES; y++) {
            int start = y * LumaSample.COLUMNS + column;
            for (int x = start; x < start + CELL_BINS; x++) {
                if (Math.abs(sample.at(x) - anchor.at(x)) >= CHANGE) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether so few cells changed that at most a clock did. */
    static boolean isStill(double changed) {
        return changed <= MAX_CHANGED;
    }

    void forget() {
        hasAnchor = false;
    }
}
