package io.helmwatch.vision.health;

import java.util.Arrays;

/**
 * What one sample shows, in numbers: brightness, and where there are edges. An edge is a difference over {@value #REACH} bins that stands out of the
 * sample's own noise.
 *
 * <p>Cells are 18 rows of 32; the map of edges is the logarithm of their strength in each cell, less its mean in the neighbourhood, so that two maps
 * correlate only where the edges are in the same places, whatever the light.
 *
 * <p>Threading: one thread. Allocates nothing after its creation.
 */
final class SceneMeasures {
    static final int CELL_COLUMNS = 32;
    static final int CELL_ROWS = 18;
    static final int CELLS = CELL_COLUMNS * CELL_ROWS;
    /** Share of cells up to which edges can be those of a clock and a name that are drawn into the image. */
    static final double CLOCK_CELLS = 0.03;

    private static final int CELL_BINS = LumaSample.COLUMNS / CELL_COLUMNS;
    private static final int CELL_LINES = LumaSample.ROWS / CELL_ROWS;
    private static final int REACH = 6;
    private static final int NEIGHBOURHOOD = 2;
    /** Smallest difference that counts as an edge. */
    private static final int EDGE = 6;

    private static final int EDGE_PER_NOISE = 5;
    /** Strength of the edges of a cell above which they are not by chance. */
    static final float MIN_STRENGTH = 2;

    private static final int SATURATED = 250;

    private final int[] levels = new int[256];
    private final int[] differences = new int[256];
    private final float[] strength = new float[CELLS];
    private final float[] edges = new float[CELLS];
    private double mean;
    private int noise;
    private double saturated;
    private double edgyCells;

    /** Measures a sample. */
    void measure(LumaSample sample) {
        count(sample);
        noise = percentile(differences, 0.5);
        findEdges(sample, Math.max(EDGE, EDGE_PER_NOISE * noise));
        subtractNeighbourhood();
    }

    private void count(LumaSample sample) {
        Arrays.fill(levels, 0);
        Arrays.fill(differences, 0);
        long sum = 0;
        for (int row = 0; row < LumaSample.ROWS; row++) {
            int start = row * LumaSample.COLUMNS;
            int before = sample.at(start);
            for (int x = 0; x < LumaSample.COLUMNS; x++) {
                int value = sample.at(start + x);
                levels[value]++;
                differences[Math.abs(value - before)]++;
                sum += value;
                before = value;
            }
        }
        int bins = LumaSample.ROWS * LumaSample.COLUMNS;
        mean = (double) sum / bins;
        int bright = 0;
        for (int level = SATURATED; level < levels.length; level++) {
            bright += levels[level];
        }
        saturated = (double) bright / bins;
    }

    private void findEdges(LumaSample sample, int edge) {
        Arrays.fill(strength, 0);
        for (int row = 0; row < LumaSample.ROWS; row++) {
            int start = row * LumaSample.COLUMNS;
            int cellRow = row / CELL_LINES * CELL_COLUMNS;
            for (int x = 0; x < LumaSample.COLUMNS - REACH; x++) {
                int difference = Math.abs(sample.at(start + x + REACH) - sample.at(start + x));
                if (difference >= edge) {
                    strength[cellRow + (x + REACH / 2) / CELL_BINS] += difference - edge + 1;
                }
            }
        }
    }

    private void subtractNeighbourhood() {
        int edgy = 0;
        for (int cell = 0; cell < CELLS; cell++) {
            strength[cell] = (float) Math.log1p(strength[cell]);
            edgy += strength[cell] >= MIN_STRENGTH ? 1 : 0;
        }
        edgyCells = (double) edgy / CELLS;
        for (int row = 0; row < CELL_ROWS; row++) {
            for (int column = 0; column < CELL_COLUMNS; column++) {
                edges[row * CELL_COLUMNS + column] = strength[row * CELL_COLUMNS + column] - neighbourhood(row, column);
            }
        }
    }

    private float neighbourhood(int row, int column) {
        int top = Math.max(0, row - NEIGHBOURHOOD);
        int bottom = Math.min(CELL_ROWS - 1, row + NEIGHBOURHOOD);
        int left = Math.max(0, column - NEIGHBOURHOOD);
        int right = Math.min(CELL_COLUMNS - 1, column + NEIGHBOURHOOD);
        float sum = 0;
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                sum += strength[y * CELL_COLUMNS + x];
            }
        }
        return sum / ((bottom - top + 1) * (right - left + 1));
    }

    private static int percentile(int[] histogram, double share) {
        int total = 0;
        for (int count : histogram) {
            total += count;
        }
        int below = 0;
        for (int value = 0; value < histogram.length; value++) {
            below += histogram[value];
            if (below >= share * total) {
                return value;
            }
        }
        return histogram.length - 1;
    }

    /** Mean luma, 0 to 255. */
    double mean() {
        return mean;
    }

    /** Median difference of neighbouring bins, which is that of flat places: noise. */
    int noise() {
        return noise;
    }

    /** Luma that a share of the bins stays below. */
    int percentile(double share) {
        return percentile(levels, share);
    }

    /** Share of bins that are as good as white. */
    double saturated() {
        return saturated;
    }

    /** Share of cells that have edges. */
    double edgyCells() {
        return edgyCells;
    }

    /** Strength of the edges of a cell, logarithmic; 0 where it has none. */
    float strength(int cell) {
        return strength[cell];
    }

    /** Map of edges of a cell: strength less its mean in the neighbourhood. */
    float edges(int cell) {
        return edges[cell];
    }
}
