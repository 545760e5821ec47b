package io.helmwatch.postprocess.tracking;

import org.jspecify.annotations.Nullable;

/**
 * Finds the earlier track of a head that started a new one: a head that was lost and is confirmed again nearby, and a bare head whose helmet
 * was taken off. The head then continues under the id of the earlier track.
 *
 * <p>Threading: as its tracker.
 */
final class Reidentification {
    /** Maximum distance, in head sizes, between a new bare head and the helmet that it wore just before: an arm's length. */
    private static final double HELMET_REACH = 2.5;

    private static final long HELMET_BEFORE_NANOS = 1_000_000_000L;

    /** Maximum time that the helmet stays visible in the hand, and time without it before the head gets its id back. */
    private static final long HELMET_OFF_NANOS = 3_000_000_000L;

    private static final long HELMET_GONE_NANOS = 300_000_000L;

    private final TrackPool tracks;

    Reidentification(TrackPool tracks) {
        this.tracks = tracks;
    }

    /**
     * A head that was lost, for example behind an obstacle or by a sudden turn, and is confirmed again as a new track nearby gets the id
     * of the lost track back before the new id was ever reported as confirmed.
     */
    void continueLost(Track found, long now) {
        Track lost = found.helmetTrack() == null && !isOverlapped(found) ? nearestLost(found, now) : null;
        if (lost != null) {
            lost.reidentify(found);
            tracks.remove(found);
        }
    }

    /**
     * When somebody takes the helmet off, the track follows the helmet in the hand for a moment, while the bare head starts a new track
     * beside it. Once the helmet alone is no longer seen, the bare head gets the id of the first track back.
     */
    void continueBareHeads(long now) {
        for (int i = tracks.size() - 1; i >= 0; i--) {
            Track head = tracks.get(i);
            Track helmet = head.helmetTrack();
            if (helmet == null) {
                continue;
            }
            if (!head.isHelmetTrackLive() || now - head.firstSeenNanos() > HELMET_OFF_NANOS) {
                head.setHelmetTrack(null);
            } else if (now - helmet.lastSeenNanos() >= HELMET_GONE_NANOS && head.isConfirmed() && head.isObserved()) {
                helmet.reidentify(head);
                tracks.remove(i);
            }
        }
    }

    /** The track of the helmet that a new bare head may have taken off; null when there is none. */
    @Nullable
    Track nearestHelmet(Track head) {
        if (head.bareHeadConfidence() <= head.helmetConfidence()) {
            return null;
        }
        Track nearest = null;
        double nearestDistance = HELMET_REACH * head.size();
        for (int i = 0; i < tracks.size(); i++) {
            Track track = tracks.get(i);
            double distance = track.distance(head);
            if (track.isConfirmed()
                    && track.woreHelmetSince(head.firstSeenNanos() - HELMET_BEFORE_NANOS)
                    && distance < nearestDistance) {
                nearest = track;
                nearestDistance = distance;
            }
        }
        return nearest;
    }

    /** Whether the box of a more confident track overlaps the box of a track: perhaps one head detected twice. */
    private boolean isOverlapped(Track found) {
        for (int i = 0; i < tracks.size(); i++) {
            Track other = tracks.get(i);
            if (other != found
                    && other.isObserved()
                    && other.confidence() >= found.confidence()
                    && iou(other, found) > Observations.OVERLAPPED_IOU) {
                return true;
            }
        }
        return false;
    }

    private static double iou(Track a, Track b) {
        return Overlap.iou(a.x1(), a.y1(), a.x2(), a.y2(), b.x1(), b.y1(), b.x2(), b.y2(), 0);
    }

    /** The lost track that a new track continues: the nearest one within reach that was unseen since before the first detection. */
    private @Nullable Track nearestLost(Track found, long now) {
        Track nearest = null;
        double nearestDistance = Double.POSITIVE_INFINITY;
        for (int i = 0; i < tracks.size(); i++) {
            Track track = tracks.get(i);
            if (track.state() != TrackState.LOST
                    || track.lastSeenNanos() >= found.firstSeenNanos()
                    || !HeadDistance.isSameSize(found.size(), track.size())) {
                continue;
            }
            double distance = Math.min(track.predictedDistance(found), track.distance(found));
            if (distance <= HeadDistance.reach(track.size(), now - track.lastSeenNanos())
                    && distance < nearestDistance) {
                nearest = track;
                nearestDistance = distance;
            }
        }
        return nearest;
    }
}
