package io.helmwatch.postprocess.tracking;

/**
 * Where heads rested whose tracks were removed, so that a poster that is detected now and then, or hidden by people who pass, is still known: a head
 * that starts in such a place continues its rest. At most {@value #PLACES} places; the one that was seen longest ago makes room.
 *
 * <p>A place is forgotten when nothing was seen there for a day where its head was static, else for the time after which a head is static.
 *
 * <p>Threading: as its tracker. Allocates nothing after its creation.
 */
final class RestingPlaces {
    private static final int PLACES = 32;
    private static final long DAY_NANOS = 86_400_000_000_000L;
    /** Distance of a head to a place, in head sizes. */
    private static final double REACH = 0.15;

    private final long staticNanos;
    private final double[] x = new double[PLACES];
    private final double[] y = new double[PLACES];
    private final double[] size = new double[PLACES];
    private final long[] restedNanos = new long[PLACES];
    private final long[] lastSeenNanos = new long[PLACES];
    private final boolean[] isStatic = new boolean[PLACES];
    private int count;

    /**
     * No places.
     *
     * @param staticNanos rest after which a head is static; 0 for never
     */
    RestingPlaces(long staticNanos) {
        this.staticNanos = staticNanos;
    }

    /** Remembers where a track rested that is about to be removed. */
    void remember(Track track) {
        Rest rest = track.rest();
        if (staticNanos == 0 || rest.restedNanos() == 0) {
            return;
        }
        int place = indexOf(rest.placeX(), rest.placeY(), track.size());
        if (place < 0) {
            place = count < PLACES ? count++ : oldest();
            restedNanos[place] = 0;
            isStatic[place] = false;
        }
        x[place] = rest.placeX();
        y[place] = rest.placeY();
        size[place] = track.size();
        restedNanos[place] = Math.max(restedNanos[place], rest.restedNanos());
        isStatic[place] |= rest.isStatic();
        lastSeenNanos[place] = track.lastSeenNanos();
    }

    private int oldest() {
        int oldest = 0;
        for (int i = 1; i < count; i++) {
            if (lastSeenNanos[i] < lastSeenNanos[oldest]) {
                oldest = i;
            }
        }
        return oldest;
    }

    /** Lets a track that starts where a head rested before continue its rest. */
    void resume(Track track, long now) {
        int place = indexOf(track.rest().placeX(), track.rest().placeY(), track.size());
        if (place >= 0 && now - lastSeenNanos[place] <= (isStatic[place] ? DAY_NANOS : staticNanos)) {
            track.rest().resume(x[place], y[place], restedNanos[place], isStatic[place]);
        }
    }

    private int indexOf(double atX, double atY, double ofSize) {
        for (int i = 0; i < count; i++) {
            if (Math.hypot(x[i] - atX, y[i] - atY) <= REACH * size[i] && HeadDistance.isSameSize(size[i], ofSize)) {
                return i;
            }
        }
        return -1;
    }
}
