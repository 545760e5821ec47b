package io.helmwatch.postprocess.tracking;

import io.helmwatch.config.TrackingConfig;
import io.helmwatch.vision.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the heads of one stream regardless of their label, so that somebody who takes the helmet off stays the same head.
 *
 * <p>The association is that of ByteTrack (Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
 * ECCV 2022): boxes with enough confidence are assigned to the tracks first, weak boxes to the unmatched tracks, and only
 * unmatched strong boxes start a track. Motion is a Kalman filter with constant velocity ({@link AxisFilter}), assignment is
 * optimal ({@link LinearAssignment}).
 *
 * <p>Two things differ because analysed rates go down to a few frames per second. All constants are times, not frames. And
 * similarity is the IoU of boxes that are first enlarged by the filter's uncertainty of the centre: a walking head moves by
 * more than its own width between two frames at 5 per second, so plain IoU would be zero (the enlargement is the idea of Yang
 * et al., "Hard to Track Objects with Irregular Motions and Similar Appearances?", WACV 2023, there by a fixed factor).
 *
 * <p>Deterministic: the same frames give the same tracks. Threading: one thread. Nothing is allocated once the arrays have grown
 * to the busiest frame.
 */
public final class HeadTracker {
    /** Minimum similarity of the first and of the second association. */
    private static final double STRONG_SIMILARITY = 0.2;

    private static final double WEAK_SIMILARITY = 0.3;
    /** Enlargement in deviations of the predicted centre, and its limit in head sizes. */
    private static final double MARGIN_DEVIATIONS = 1.5;

    private static final double MARGIN_LIMIT = 2;

    /** Cost of a margin of one head size: of two tracks that fit a box alike, the one with the more certain position gets it. */
    private static final double MARGIN_COST = 0.3;

    /** Time after which a lost track is not found again in a box that overlaps a more confident one: often a duplicate. */
    private static final long RECENT_NANOS = 500_000_000L;

    /** Time that a lost track can be re-identified, in multiples of the maximum gap. */
    private static final int REIDENTIFICATION_GAPS = 2;

    /** Maximum distance of re-identification, in head sizes: at once, per second unseen, limit; and ratio of the sizes. */
    private static final double REACH = 2;

    private static final double REACH_PER_SECOND = 1;
    private static final double REACH_LIMIT = 5;
    private static final double SIZE_RATIO = 1.8;
    private static final int CONFIRM_OBSERVATIONS = 2;
    /** Maximum distance, in head sizes, between a new bare head and the helmet that it wore just before: an arm's length. */
    private static final double HELMET_REACH = 2.5;

    private static final long HELMET_BEFORE_NANOS = 1_000_000_000L;

    /** Maximum time that the helmet stays visible in the hand, and time without it before the head gets its id back. */
    private static final long HELMET_OFF_NANOS = 3_000_000_000L;

    private static final long HELMET_GONE_NANOS = 300_000_000L;

    private final TrackingConfig config;
    private final long confirmNanos;
    private final long maxGapNanos;
    private final Observations observations;
    private final LinearAssignment assignment = new LinearAssignment();
    private final List<Track> tracks = new ArrayList<>();
    private final List<Track> pool = new ArrayList<>();
    private final List<Track> confirmedNow = new ArrayList<>();
    private int[] candidates = new int[64];
    private int[] offered = new int[64];
    private boolean[] matched = new boolean[64];
    private int nextId = 1;
    private long lastPtsNanos = Long.MIN_VALUE;

    /** Creates a tracker without tracks. */
    public HeadTracker(TrackingConfig config) {
        this.config = config;
        this.confirmNanos = config.confirm().toNanos();
        this.maxGapNanos = config.maxGap().toNanos();
        this.observations = new Observations(config);
    }

    /** Number of live tracks. */
    public int size() {
        return tracks.size();
    }

    /** A live track; indices are in the order of first detection. */
    public Track track(int index) {
        return tracks.get(index);
    }

    /**
     * Updates the tracks with the next frame.
     *
     * @param ptsNanos presentation time; a time before the last one counts as the last one
     * @param detections by descending confidence
     * @param filter which of them to track
     */
    public void update(long ptsNanos, List<Detection> detections, HeadFilter filter) {
        long stepNanos = lastPtsNanos == Long.MIN_VALUE ? 0 : Math.max(0, ptsNanos - lastPtsNanos);
        long now = lastPtsNanos == Long.MIN_VALUE ? ptsNanos : lastPtsNanos + stepNanos;
        lastPtsNanos = now;
        removeLost(now, stepNanos);
        observations.load(detections, filter);
        ensureCapacity();
        double seconds = stepNanos / 1e9;
        for (int i = 0; i < tracks.size(); i++) {
            tracks.get(i).predict(seconds);
        }
        associate(now, stepNanos, true, true, STRONG_SIMILARITY);
        associate(now, stepNanos, true, false, WEAK_SIMILARITY);
        associate(now, stepNanos, false, true, STRONG_SIMILARITY);
        for (int i = 0; i < tracks.size(); i++) {
            updateState(tracks.get(i), stepNanos);
        }
        reidentifyLost(now);
        for (int i = 0; i < observations.size(); i++) {
            if (!matched[i] && isStrong(i)) {
                start(now, i);
            }
        }
        reidentifyBareHeads(now);
    }

    /**
     * When somebody takes the helmet off, the track follows the helmet in the hand for a moment, while the bare head starts a new track
     * beside it. Once the helmet alone is no longer seen, the bare head gets the id of the first track back.
     */
    private void reidentifyBareHeads(long now) {
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
                recycle(head);
            }
        }
    }

    /**
     * A head that was lost, for example behind an obstacle or by a sudden turn, and is confirmed again as a new track nearby gets the id
     * of the lost track back before the new id was ever reported as confirmed.
     */
    private void reidentifyLost(long now) {
        for (int i = 0; i < confirmedNow.size(); i++) {
            Track found = confirmedNow.get(i);
            Track lost = found.helmetTrack() == null && !isOverlapped(found) ? nearestLost(found, now) : null;
            if (lost != null) {
                lost.reidentify(found);
                tracks.remove(found);
                recycle(found);
            }
        }
        confirmedNow.clear();
    }

    /** Whether the box of a more confident track overlaps the box of a track: perhaps one head detected twice. */
    private boolean isOverlapped(Track found) {
        for (int i = 0; i < tracks.size(); i++) {
            Track other = tracks.get(i);
            if (other != found && other.isObserved() && other.confidence() >= found.confidence()) {
                double iou = Overlap.iou(
                        other.x1(),
                        other.y1(),
                        other.x2(),
                        other.y2(),
                        found.x1(),
                        found.y1(),
                        found.x2(),
                        found.y2(),
                        0);
                if (iou > Observations.OVERLAPPED_IOU) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The lost track that a new track continues: the nearest one within reach that was unseen since before the first detection. */
    private @Nullable Track nearestLost(Track found, long now) {
        Track nearest = null;
        double nearestDistance = Double.POSITIVE_INFINITY;
        for (int i = 0; i < tracks.size(); i++) {
            Track track = tracks.get(i);
            double ratio = found.size() / track.size();
            if (track.state() != TrackState.LOST
                    || track.lastSeenNanos() >= found.firstSeenNanos()
                    || ratio > SIZE_RATIO
                    || ratio < 1 / SIZE_RATIO) {
                continue;
            }
            double unseenSeconds = (now - track.lastSeenNanos()) / 1e9;
            double reach = Math.min(REACH_LIMIT, REACH + REACH_PER_SECOND * unseenSeconds) * track.size();
            double distance = Math.min(track.predictedDistance(found), track.distance(found));
            if (distance <= reach && distance < nearestDistance) {
                nearest = track;
                nearestDistance = distance;
            }
        }
        return nearest;
    }

    /** The track of the helmet that a new bare head may have taken off; null when there is none. */
    private @Nullable Track nearestHelmet(Track head) {
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

    /** Removes tentative tracks at the first gap longer than the confirmation time, lost ones when they cannot be re-identified any more. */
    private void removeLost(long now, long stepNanos) {
        int kept = 0;
        for (int i = 0; i < tracks.size(); i++) {
            Track track = tracks.get(i);
            long unseen = now - track.lastSeenNanos();
            long limit = Math.max(track.isConfirmed() ? REIDENTIFICATION_GAPS * maxGapNanos : confirmNanos, stepNanos);
            if (unseen > limit) {
                recycle(track);
            } else {
                tracks.set(kept++, track);
            }
        }
        for (int i = tracks.size() - 1; i >= kept; i--) {
            tracks.remove(i);
        }
    }

    private void recycle(Track track) {
        track.remove();
        pool.add(track);
    }

    private void ensureCapacity() {
        int needed = Math.max(tracks.size(), observations.size());
        if (candidates.length < needed) {
            int capacity = Math.max(needed, 2 * candidates.length);
            candidates = new int[capacity];
            offered = new int[capacity];
            matched = new boolean[capacity];
        }
        Arrays.fill(matched, 0, observations.size(), false);
    }

    private boolean isStrong(int observation) {
        return observations.confidence(observation) >= config.startConfidence();
    }

    private void associate(long now, long stepNanos, boolean confirmed, boolean strong, double minSimilarity) {
        int rows = 0;
        for (int i = 0; i < tracks.size(); i++) {
            Track track = tracks.get(i);
            boolean withinGap = now - track.lastSeenNanos() <= Math.max(maxGapNanos, stepNanos);
            if (track.isConfirmed() == confirmed && !track.isObserved() && withinGap) {
                candidates[rows++] = i;
            }
        }
        int columns = 0;
        for (int i = 0; i < observations.size(); i++) {
            if (!matched[i] && isStrong(i) == strong) {
                offered[columns++] = i;
            }
        }
        if (rows == 0 || columns == 0) {
            return;
        }
        assignment.reset(rows, columns, 1 - minSimilarity + MARGIN_COST * MARGIN_LIMIT);
        for (int row = 0; row < rows; row++) {
            Track track = tracks.get(candidates[row]);
            double margin = Math.min(MARGIN_DEVIATIONS * track.centerDeviation(), MARGIN_LIMIT * track.size());
            boolean recent = now - track.lastSeenNanos() <= Math.max(RECENT_NANOS, stepNanos);
            for (int column = 0; column < columns; column++) {
                double similarity = similarity(track, offered[column], margin);
                if (similarity > minSimilarity && (recent || !observations.isOverlapped(offered[column]))) {
                    assignment.cost(row, column, 1 - similarity + MARGIN_COST * margin / track.size());
                }
            }
        }
        assignment.solve();
        for (int row = 0; row < rows; row++) {
            int column = assignment.columnOf(row);
            if (column >= 0) {
                matched[offered[column]] = true;
                tracks.get(candidates[row]).correct(now, stepNanos, observations, offered[column]);
            }
        }
    }

    private double similarity(Track track, int observation, double margin) {
        return Overlap.iou(
                track.x1(),
                track.y1(),
                track.x2(),
                track.y2(),
                observations.x1(observation),
                observations.y1(observation),
                observations.x2(observation),
                observations.y2(observation),
                margin);
    }

    private void updateState(Track track, long stepNanos) {
        if (!track.isObserved()) {
            track.markMissed();
            return;
        }
        // Half a step of tolerance, so that 0.2 s is five frames at 25 per second however the timestamps are rounded.
        boolean longEnough = track.observedNanos() + stepNanos / 2 >= confirmNanos;
        if (track.state() == TrackState.TENTATIVE && longEnough && track.observations() >= CONFIRM_OBSERVATIONS) {
            track.confirm();
            confirmedNow.add(track);
        }
    }

    private void start(long now, int observation) {
        Track track = pool.isEmpty() ? new Track() : pool.remove(pool.size() - 1);
        track.start(nextId++, now, observations, observation);
        track.setHelmetTrack(nearestHelmet(track));
        tracks.add(track);
    }
}
