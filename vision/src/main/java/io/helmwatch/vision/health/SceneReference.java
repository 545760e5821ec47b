package io.helmwatch.vision.health;

/**
 * What a camera usually shows in one kind of light: averages of {@link SceneMeasures} over the time in which nothing was wrong.
 *
 * <p>The first samples count alike; after that older ones fade with a time constant of {@value #MEMORY_SAMPLES} samples, so that the reference follows
 * the sun, the seasons and what is built, but not what changes within minutes.
 *
 * <p>Threading: one thread. Allocates nothing after its creation.
 */
final class SceneReference {
    /** Samples after which the reference is used. */
    static final int LEARNED_SAMPLES = 30;

    private static final int MEMORY_SAMPLES = 1800;
    /** A cell counts as empty below this share of its usual strength. */
    private static final double EMPTY = 0.4;

    /** Bins with an edge from which a cell takes part, and the share of them below which its edges are gone. */
    private static final float MIN_EDGES = 2;

    private static final float FADED = 0.25f;
    /** Cells from which they say something, and the share of them and of the edges that is left at most in an image that is all soft. */
    private static final int MIN_CELLS = 40;

    private static final double FEW_LEFT = 0.25;
    private static final double FEW_EDGES = 0.4;
    /** Steepness as a share of the usual one below which edges are soft. */
    private static final float SOFT = 0.7f;

    private final float[] strength = new float[SceneMeasures.CELLS];
    private final float[] edges = new float[SceneMeasures.CELLS];
    private final float[] steepness = new float[SceneMeasures.CELLS];
    private final float[] steepEdges = new float[SceneMeasures.CELLS];
    private double edgyCells;
    private int samples;
    private int sharpSamples;

    /** Whether enough samples were seen. */
    boolean isLearned() {
        return samples >= LEARNED_SAMPLES;
    }

    /** Whether no sample was seen. */
    boolean isEmpty() {
        return samples == 0;
    }

    void clear() {
        samples = 0;
        sharpSamples = 0;
    }

    /** Takes the values of another one as a first guess, which its own samples soon replace. */
    void startFrom(SceneReference other) {
        System.arraycopy(other.strength, 0, strength, 0, strength.length);
        System.arraycopy(other.edges, 0, edges, 0, edges.length);
        edgyCells = other.edgyCells;
        samples = 1;
        sharpSamples = 0;
    }

    /** Takes part of the average. */
    void learn(SceneMeasures scene) {
        samples = Math.min(samples + 1, MEMORY_SAMPLES);
        float weight = 1f / samples;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            strength[cell] += weight * (scene.strength(cell) - strength[cell]);
            edges[cell] += weight * (scene.edges(cell) - edges[cell]);
        }
        edgyCells += weight * (scene.edgyCells() - edgyCells);
    }

    /** Takes part of the average steepness. */
    void learn(EdgeSharpness shown) {
        sharpSamples = Math.min(sharpSamples + 1, MEMORY_SAMPLES);
        float weight = 1f / sharpSamples;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            steepEdges[cell] += weight * (shown.edges(cell) - steepEdges[cell]);
            if (shown.edges(cell) > 0) {
                steepness[cell] += weight * (shown.steepness(cell) - steepness[cell]);
            }
        }
    }

    /** Correlation of the maps of edges, -1 to 1: 1 where all edges are where they usually are, 0 for another scene. */
    double correlation(SceneMeasures scene) {
        double product = 0;
        double own = 0;
        double others = 0;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            double mine = edges[cell];
            double shown = scene.edges(cell);
            product += mine * shown;
            own += mine * mine;
            others += shown * shown;
        }
        return own == 0 || others == 0 ? 0 : product / Math.sqrt(own * others);
    }

    /** Share of the usual edges, by strength, whose cells have none now. */
    double lost(SceneMeasures scene) {
        double lost = 0;
        double all = 0;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            float usual = strength[cell];
            if (usual >= SceneMeasures.MIN_STRENGTH) {
                all += usual;
                lost += scene.strength(cell) < EMPTY * usual ? usual : 0;
            }
        }
        return all == 0 ? 0 : lost / all;
    }

    /**
     * Share of the cells with edges whose edges are about as steep as usual; 1 where that is not known or the scene usually has too few edges, 0 where
     * hardly any of them is left. Cells whose edges are gone do not count, nor as many as a clock can have.
     */
    double sharpness(EdgeSharpness shown) {
        if (sharpSamples < LEARNED_SAMPLES) {
            return 1;
        }
        int all = 0;
        int sharp = 0;
        int soft = 0;
        float usualEdges = 0;
        int edgesNow = 0;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            float usual = steepEdges[cell];
            usualEdges += usual;
            edgesNow += shown.edges(cell);
            if (usual >= MIN_EDGES) {
                all++;
                if (shown.edges(cell) >= FADED * usual) {
                    boolean isSoft = shown.steepness(cell) < SOFT * steepness[cell];
                    soft += isSoft ? 1 : 0;
                    sharp += isSoft ? 0 : 1;
                }
            }
        }
        if (all < MIN_CELLS) {
            return 1;
        }
        double left = Math.max(0, sharp - SceneMeasures.CLOCK_CELLS * SceneMeasures.CELLS);
        boolean isFaded = left + soft < FEW_LEFT * all && edgesNow < FEW_EDGES * usualEdges;
        return isFaded || left + soft == 0 ? 0 : left / (left + soft);
    }

    /** Usual share of cells that have edges. */
    double edgyCells() {
        return edgyCells;
    }
}
