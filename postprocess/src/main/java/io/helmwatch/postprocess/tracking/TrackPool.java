package io.helmwatch.postprocess.tracking;

import java.util.ArrayList;
import java.util.List;

/**
 * The live tracks in the order of first detection, and the objects of removed ones, which are reused.
 *
 * <p>Threading: as its tracker.
 */
final class TrackPool {
    private final RestingPlaces places;
    private final List<Track> live = new ArrayList<>();
    private final List<Track> removed = new ArrayList<>();
    private int nextId = 1;

    /** No tracks; remembers in the given places where removed ones rested. */
    TrackPool(RestingPlaces places) {
        this.places = places;
    }

    int size() {
        return live.size();
    }

    Track get(int index) {
        return live.get(index);
    }

    /** Starts a track by a detection; it becomes live by {@link #add}. */
    Track start(long ptsNanos, Observations from, int observation) {
        Track track = removed.isEmpty() ? new Track() : removed.remove(removed.size() - 1);
        track.start(nextId++, ptsNanos, from, observation);
        places.resume(track, ptsNanos);
        return track;
    }

    void add(Track track) {
        live.add(track);
    }

    /** Removes a track that continues under another id. */
    void remove(int index) {
        recycle(live.remove(index));
    }

    /** Removes a track that continues under another id. */
    void remove(Track track) {
        live.remove(track);
        recycle(track);
    }

    /**
     * Removes the tracks that were unseen for too long.
     *
     * @param tentativeNanos for tracks that are not confirmed
     * @param confirmedNanos for tracks that are
     */
    void removeUnseen(long now, long tentativeNanos, long confirmedNanos) {
        int kept = 0;
        for (int i = 0; i < live.size(); i++) {
            Track track = live.get(i);
            if (now - track.lastSeenNanos() > (track.isConfirmed() ? confirmedNanos : tentativeNanos)) {
                places.remember(track);
                recycle(track);
            } else {
                live.set(kept++, track);
            }
        }
        for (int i = live.size() - 1; i >= kept; i--) {
            live.remove(i);
        }
    }

    private void recycle(Track track) {
        track.remove();
        removed.add(track);
    }
}
