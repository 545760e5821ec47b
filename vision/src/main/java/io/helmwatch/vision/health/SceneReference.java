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
    /** A cell counts as empty below this share of its usual strength, and takes part if that strength is at least {@link #MIN_STRENGTH}. */
    private static final double EMPTY = 0.4;

    private static final double MIN_STRENGTH = 2;
    /** Strong edges from which their steepness says something, and the share of them that is left in an image that is all soft. */
    private static final int MIN_EDGES = 100;

    private static final double FADED = 0.1;

    private final float[] strength = new float[SceneMeasures.CELLS];
    private final float[] edges = new float[SceneMeasures.CELLS];
    private double steepness;
    private double strongEdges;
    private double edgeShare;
    private int samples;

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
    }

    /** Takes the values of another one as a first guess, which its own samples soon replace. */
    void startFrom(SceneReference other) {
        System.arraycopy(other.strength, 0, strength, 0, strength.length);
        System.arraycopy(other.edges, 0, edges, 0, edges.length);
        steepness = other.steepness;
        strongEdges = other.strongEdges;
        edgeShare = other.edgeShare;
        samples = 1;
    }

    /** Takes part of the average. */
    void learn(SceneMeasures scene) {
        samples = Math.min(samples + 1, MEMORY_SAMPLES);
        float weight = 1f / samples;
        for (int cell = 0; cell < SceneMeasures.CELLS; cell++) {
            strength[cell] += weight * (scene.strength(cell) - strength[cell]);
            edges[cell] += weight * (scene.edges(cell) - edges[cell]);
        }
        strongEdges += weight * (scene.strongEdges() - strongEdges);
        edgeShare += weight * (scene.edgeShare() - edgeShare);
        if (scene.strongEdges() > 0) {
            steepness += weight * (scene.steepness() - steepness);
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
            if (usual >= MIN_STRENGTH) {
                all += usual;
                lost += scene.strength(cell) < EMPTY * usual ? usual : 0;
            }
        }
        return all == 0 ? 0 : lost / all;
    }

    /**
     * Steepness of the edges as a share of the usual one; 1 where the scene usually has too few edges to tell, 0 where hardly any of them is left
     * that is strong enough to be measured.
     */
    double sharpness(SceneMeasures scene) {
        if (steepness == 0 || strongEdges < MIN_EDGES) {
            return 1;
        }
        return scene.strongEdges() < FADED * strongEdges ? 0 : scene.steepness() / steepness;
    }

    /** Usual share of places where there is an edge. */
    double edgeShare() {
        return edgeShare;
    }
}
