package io.helmwatch.vision.health;

import java.util.Arrays;

/**
 * How far the fine detail of an image is that of some seconds before. Detail is texture and the sensor's noise: in a live image the noise differs from
 * frame to frame, in a frozen one it is part of the image and stays, also where an encoder goes on encoding that image beside a clock and changes every
 * sample a little.
 *
 * <p>Persistence is the correlation of the detail with that of the sample before the last multiple of {@value #ANCHOR_SAMPLES}, of the cell below which
 * a fifth of the cells are: flat ones, which show the noise. It is compared with what is usual for the camera, since texture persists in a live
 * image too.
 *
 * <p>Threading: one thread. Allocates nothing after its creation.
 */
final class DetailPersistence {
    /** Samples between two that others are compared with. The age of a compared sample is one to two times that. */
    private static final int ANCHOR_SAMPLES = 8;

    private static final int REACH = 3;
    private static final int CELL_BINS = LumaSample.COLUMNS / SceneMeasures.CELL_COLUMNS;
    private static final int CELL_LINES = LumaSample.ROWS / SceneMeasures.CELL_ROWS;
    /** Sum of squares of a cell below which it has no detail: that of rounding. */
    private static final int MIN_ENERGY = 4 * CELL_BINS * CELL_LINES;

    private static final int MIN_CELLS = SceneMeasures.CELLS / 5;
    private static final double LOW_SHARE = 0.2;
    private static final int BUCKETS = 100;
    private static final int SMOOTHED_SAMPLES = 8;
    private static final int MEMORY_SAMPLES = 600;
    private static final int LEARNED_SAMPLES = 30;
    /** Parts of what is usually new that is still new in a frozen image, and in one that is no longer. */
    private static final double FROZEN_BELOW = 0.72;

    private static final double LIVE_ABOVE = 0.85;
    /** How much slower is learned while the image seems to be frozen. */
    private static final int CAUTION = 8;

    /** Difference of the mean of a cell that no encoder makes of the same image; share of cells up to which that can be a clock. */
    private static final int CHANGE = 8;

    private static final double CLOCK_CELLS = 0.08;
    private static final double OTHER_SCENE_CELLS = 0.5;

    private short[] detail = new short[LumaSample.ROWS * LumaSample.COLUMNS];
    private short[] anchor = new short[detail.length];
    private short[] nextAnchor = new short[detail.length];
    private int[] energy = new int[SceneMeasures.CELLS];
    private int[] sums = new int[SceneMeasures.CELLS];
    private int[] anchorEnergy = new int[SceneMeasures.CELLS];
    private int[] anchorSums = new int[SceneMeasures.CELLS];
    private int[] nextEnergy = new int[SceneMeasures.CELLS];
    private int[] nextSums = new int[SceneMeasures.CELLS];
    private final int[] histogram = new int[BUCKETS + 1];
    private int anchors;
    private int sinceAnchor;
    private double last;
    private double smoothed;
    private double usual;
    private int learned;
    private double changedCells = 1;

    /** Compares the next sample with an earlier one. */
    void update(LumaSample sample) {
        measure(sample);
        changedCells = 1;
        if (anchors == 2) {
            changedCells = changedCells();
            if (changedCells > OTHER_SCENE_CELLS) {
                forget();
                learned = 0;
            } else {
                smooth(persistence());
            }
        }
        if (anchors < 2 || ++sinceAnchor >= ANCHOR_SAMPLES) {
            keep();
        }
    }

    private void smooth(double persistence) {
        last = persistence;
        smoothed += (persistence - smoothed) / SMOOTHED_SAMPLES;
    }

    /** What was compared last belongs to what is usual. */
    void learn() {
        if (anchors == 2) {
            learned = Math.min(learned + 1, MEMORY_SAMPLES);
            usual += (smoothed - usual) / (isNearlyFrozen() ? CAUTION * learned : learned);
        }
    }

    /** Whether the image is frozen. */
    boolean isFrozen() {
        return isBelow(1 - smoothed, FROZEN_BELOW);
    }

    /** Whether it is not clearly live again. */
    boolean isNearlyFrozen() {
        return isBelow(1 - last, LIVE_ABOVE);
    }

    private boolean isBelow(double isNew, double share) {
        return learned >= LEARNED_SAMPLES && changedCells <= CLOCK_CELLS && isNew < share * (1 - usual);
    }

    /** Earlier samples are too old to be compared with. */
    void forget() {
        anchors = 0;
        sinceAnchor = 0;
    }

    private void measure(LumaSample sample) {
        Arrays.fill(energy, 0);
        Arrays.fill(sums, 0);
        for (int row = 0; row < LumaSample.ROWS; row++) {
            int start = row * LumaSample.COLUMNS;
            for (int x = REACH; x < LumaSample.COLUMNS - REACH; x++) {
                int at = start + x;
                detail[at] = (short) (2 * sample.at(at) - sample.at(at - REACH) - sample.at(at + REACH));
            }
            int firstCell = row / CELL_LINES * SceneMeasures.CELL_COLUMNS;
            for (int column = 0; column < SceneMeasures.CELL_COLUMNS; column++) {
                int squares = 0;
                int sum = 0;
                int from = start + column * CELL_BINS;
                for (int at = from; at < from + CELL_BINS; at++) {
                    squares += detail[at] * detail[at];
                    sum += sample.at(at);
                }
                energy[firstCell + column] += squares;
                sums[firstCell + column] += sum;
            }
        }
    }

    private double changedCells() {
        int changed = 0;
        int limit = CHANGE * CELL_BINS * CELL_LINES;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            changed += Math.abs(sums[cell] - anchorSums[cell]) > limit ? 1 : 0;
        }
        return (double) changed / SceneMeasures.CELLS;
    }

    private double persistence() {
        Arrays.fill(histogram, 0);
        int cells = 0;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            if (energy[cell] >= MIN_ENERGY || anchorEnergy[cell] >= MIN_ENERGY) {
                double correlation = product(cell) / Math.sqrt(1 + (double) energy[cell] * anchorEnergy[cell]);
                histogram[(int) Math.max(0, Math.min(BUCKETS, correlation * BUCKETS))]++;
                cells++;
            }
        }
        if (cells < MIN_CELLS) {
            return 0;
        }
        int below = 0;
        int bucket = 0;
        while (below + histogram[bucket] < LOW_SHARE * cells) {
            below += histogram[bucket++];
        }
        return (double) bucket / BUCKETS;
    }

    private int product(int cell) {
        int row = cell / SceneMeasures.CELL_COLUMNS * CELL_LINES;
        int column = cell % SceneMeasures.CELL_COLUMNS * CELL_BINS;
        int product = 0;
        for (int y = row; y < row + CELL_LINES; y++) {
            int from = y * LumaSample.COLUMNS + column;
            for (int at = from; at < from + CELL_BINS; at++) {
                product += detail[at] * anchor[at];
            }
        }
        return product;
    }

    /** The sample that was kept last is compared with from now on, and this one is kept. */
    private void keep() {
        short[] oldDetail = anchor;
        anchor = nextAnchor;
        nextAnchor = detail;
        detail = oldDetail;
        int[] oldEnergy = anchorEnergy;
        anchorEnergy = nextEnergy;
        nextEnergy = energy;
        energy = oldEnergy;
        int[] oldSums = anchorSums;
        anchorSums = nextSums;
        nextSums = sums;
        sums = oldSums;
        anchors = Math.min(2, anchors + 1);
        sinceAnchor = 0;
    }
}
