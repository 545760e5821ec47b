package io.helmwatch.vision.health;

/**
 * What a camera usually shows in dim, medium and bright light. A kind of light that is seen for the first time starts from the kind before it, so
 * that dusk is followed, and a lens that is covered is not mistaken for the night.
 *
 * <p>Threading: one thread. Allocates nothing after its creation.
 */
final class UsualScenes {
    private static final double[] UPPER_MEANS = {50, 100};
    /** How far the mean has to pass a limit before another kind of light is assumed. */
    private static final double HYSTERESIS = 5;

    private static final double MOVED_BELOW = 0.25;
    private static final double MOVED_BELOW_IN_NEW_LIGHT = 0.12;
    private static final double FEW_EDGES = 0.5;
    private static final double FEW_EDGES_IN_NEW_LIGHT = 0.1;

    private final SceneReference[] references = new SceneReference[UPPER_MEANS.length + 1];
    private int light = -1;
    private double correlation;
    private double lost;
    private double sharpness;
    private boolean isKnownLight;

    UsualScenes() {
        for (int i = 0; i < references.length; i++) {
            references[i] = new SceneReference();
        }
    }

    /** Compares a scene with the usual ones: with that of its light, and where that differs, with those of other light. */
    void compare(SceneMeasures scene, EdgeSharpness edges) {
        SceneReference now = select(scene);
        isKnownLight = now.isLearned();
        correlation = 1;
        lost = 0;
        sharpness = 1;
        boolean isCompared = false;
        for (SceneReference reference : references) {
            if (reference.isLearned() || (reference == now && !now.isEmpty() && hasLearned())) {
                double match = reference.correlation(scene);
                correlation = isCompared ? Math.max(correlation, match) : match;
                lost = isCompared ? Math.min(lost, reference.lost(scene)) : reference.lost(scene);
                isCompared = true;
            }
        }
        if (isKnownLight) {
            sharpness = now.sharpness(edges);
        }
    }

    private SceneReference select(SceneMeasures scene) {
        int before = light;
        int level = Math.max(light, 0);
        while (level < UPPER_MEANS.length && scene.mean() > UPPER_MEANS[level] + (light < 0 ? 0 : HYSTERESIS)) {
            level++;
        }
        while (level > 0 && scene.mean() < UPPER_MEANS[level - 1] - (light < 0 ? 0 : HYSTERESIS)) {
            level--;
        }
        light = level;
        SceneReference now = references[level];
        if (now.isEmpty() && before >= 0 && before != level && !references[before].isEmpty()) {
            now.startFrom(references[before]);
        }
        return now;
    }

    private boolean hasLearned() {
        for (SceneReference reference : references) {
            if (reference.isLearned()) {
                return true;
            }
        }
        return false;
    }

    /** The scene that was compared last belongs to what is usual. */
    void learn(SceneMeasures scene, EdgeSharpness edges) {
        references[light].learn(scene);
        if (edges.isSettled()) {
            references[light].learn(edges);
        }
    }

    /** Forgets everything. */
    void forget() {
        for (SceneReference reference : references) {
            reference.clear();
        }
    }

    /** Best correlation with a usual scene; 1 while none is known. */
    double correlation() {
        return correlation;
    }

    /** Correlation below which the scene is another one; lower in a light in which the scene was never seen. */
    double movedBelow() {
        return isKnownLight ? MOVED_BELOW : MOVED_BELOW_IN_NEW_LIGHT;
    }

    /** Smallest share of the edges of a usual scene that are gone. */
    double lost() {
        return lost;
    }

    /** Steepness of the edges as a share of the usual one in this light; 1 while that is not known. */
    double sharpness() {
        return sharpness;
    }

    /**
     * Share of cells with edges below which a scene has few: half of what is usual in this light, a tenth in a light in which the scene was never seen,
     * since lamps that go out take edges with them.
     */
    double fewEdges() {
        return (isKnownLight ? FEW_EDGES : FEW_EDGES_IN_NEW_LIGHT) * references[light].edgyCells();
    }
}
