package io.helmwatch.postprocess;

/**
 * Greedy suppression: in descending order of confidence, a box is kept unless its overlap with a kept box is above the limit. Each
 * box is compared with kept boxes only, so the work is at most candidates times {@code maxDetections}.
 *
 * <p>Threading: used by one thread.
 */
final class NonMaxSuppression {

    private final NmsSettings settings;
    private final int[] keptRanks;
    private int kept;

    NonMaxSuppression(NmsSettings settings) {
        this.settings = settings;
        keptRanks = new int[Math.min(settings.maxDetections(), BoxCandidates.MAX_CANDIDATES)];
    }

    /** Suppresses among sorted candidates; returns the number of kept boxes. */
    int suppress(BoxCandidates candidates) {
        kept = 0;
        for (int rank = 0; rank < candidates.size() && kept < keptRanks.length; rank++) {
            if (isKept(candidates, candidates.slot(rank))) {
                keptRanks[kept++] = rank;
            }
        }
        return kept;
    }

    /** Rank of a kept box, by descending confidence. */
    int keptRank(int i) {
        return keptRanks[i];
    }

    private boolean isKept(BoxCandidates candidates, int slot) {
        float x1 = candidates.x1(slot);
        float y1 = candidates.y1(slot);
        float x2 = candidates.x2(slot);
        float y2 = candidates.y2(slot);
        float area = (x2 - x1) * (y2 - y1);
        int classIndex = candidates.classIndex(slot);
        for (int i = 0; i < kept; i++) {
            int other = candidates.slot(keptRanks[i]);
            if (!settings.classAgnostic() && candidates.classIndex(other) != classIndex) {
                continue;
            }
            float width = Math.min(x2, candidates.x2(other)) - Math.max(x1, candidates.x1(other));
            float height = Math.min(y2, candidates.y2(other)) - Math.max(y1, candidates.y1(other));
            if (width > 0 && height > 0) {
                float overlap = width * height;
                float otherArea =
                        (candidates.x2(other) - candidates.x1(other)) * (candidates.y2(other) - candidates.y1(other));
                if (overlap > settings.iou() * (area + otherArea - overlap)) {
                    return false;
                }
            }
        }
        return true;
    }
}
