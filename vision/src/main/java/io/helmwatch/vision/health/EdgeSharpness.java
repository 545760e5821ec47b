package io.helmwatch.vision.health;

import java.util.Arrays;

/**
 * How steep the edges in each cell of an image are: the share of the difference over {@value #REACH} bins that lies between two neighbouring bins. Near
 * 1 in focus, a fifth for a blur of 8 pixels in 1080p, whatever the contrast.
 *
 * <p>Noise and rain have steep edges too. So edges are looked for in an average over {@value #SLOW} samples, which has neither, and measured there in the
 * sample itself, since a camera that shakes in the wind blurs averages; by night, when noise is too strong for that, in an average over {@value #FAST}.
 *
 * <p>Threading: one thread. Allocates nothing after its creation.
 */
final class EdgeSharpness {
    /** Powers of two, so that averages need no division. */
    private static final int SLOW = 16;

    private static final int FAST = 4;
    private static final int REACH = 6;
    /** Noise up to which the sample itself is measured. */
    private static final int LITTLE_NOISE = 3;

    private static final int FRACTION_BITS = 8;
    /** Smallest difference whose steepness says something: a part of the mean, since contrast goes with the light, within limits. */
    private static final double EDGE_PER_MEAN = 0.2;

    private static final int MIN_EDGE = 10;
    private static final int MAX_EDGE = 24;
    private static final int CELL_BINS = LumaSample.COLUMNS / SceneMeasures.CELL_COLUMNS;
    private static final int CELL_LINES = LumaSample.ROWS / SceneMeasures.CELL_ROWS;

    private final int[] slow = new int[LumaSample.ROWS * LumaSample.COLUMNS];
    private final int[] fast = new int[slow.length];
    private final int[] found = new int[SceneMeasures.CELLS];
    private final float[] steepness = new float[SceneMeasures.CELLS];
    private int samples;

    /**
     * Takes the next sample into the averages and measures the edges.
     *
     * @param scene its measures
     */
    void update(LumaSample sample, SceneMeasures scene) {
        samples = Math.min(samples + 1, SLOW);
        average(sample, slow, samples);
        average(sample, fast, scene.noise() <= LITTLE_NOISE ? 1 : Math.min(samples, FAST));
        int edge = (int) Math.max(MIN_EDGE, Math.min(MAX_EDGE, EDGE_PER_MEAN * scene.mean()));
        measure(edge << FRACTION_BITS);
    }

    private static void average(LumaSample sample, int[] average, int weight) {
        if (Integer.bitCount(weight) > 1) {
            for (int i = 0; i < average.length; i++) {
                average[i] += ((sample.at(i) << FRACTION_BITS) - average[i]) / weight;
            }
            return;
        }
        // The same by shifts, since divisions would be most of a look's cost.
        int shift = Integer.numberOfTrailingZeros(weight);
        for (int i = 0; i < average.length; i++) {
            int difference = (sample.at(i) << FRACTION_BITS) - average[i];
            average[i] += (difference + ((difference >> 31) & (weight - 1))) >> shift;
        }
    }

    private void measure(int edge) {
        Arrays.fill(found, 0);
        Arrays.fill(steepness, 0);
        for (int row = 0; row < LumaSample.ROWS; row++) {
            int start = row * LumaSample.COLUMNS;
            int cellRow = row / CELL_LINES * SceneMeasures.CELL_COLUMNS;
            for (int x = 0; x < LumaSample.COLUMNS - REACH; x++) {
                int at = start + x;
                if (Math.abs(slow[at + REACH] - slow[at]) < edge) {
                    continue;
                }
                int difference = Math.abs(fast[at + REACH] - fast[at]);
                if (difference >= edge / 2) {
                    int cell = cellRow + (x + REACH / 2) / CELL_BINS;
                    found[cell]++;
                    steepness[cell] += Math.min(1, steepest(at) / (float) difference);
                }
            }
        }
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            steepness[cell] /= Math.max(1, found[cell]);
        }
    }

    private int steepest(int from) {
        int steepest = 0;
        for (int at = from; at < from + REACH; at++) {
            steepest = Math.max(steepest, Math.abs(fast[at + 1] - fast[at]));
        }
        return steepest;
    }

    /** Whether the averages have forgotten what was before the first sample. */
    boolean isSettled() {
        return samples == SLOW;
    }

    /** Starts anew. */
    void forget() {
        samples = 0;
    }

    /** Number of bins of a cell at which there is an edge. */
    int edges(int cell) {
        return found[cell];
    }

    /** Mean steepness of the edges of a cell, 0 to 1; 0 where it has none. */
    float steepness(int cell) {
        return steepness[cell];
    }
}
