package io.helmwatch.postprocess.tracking;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
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

    private static final int CONFIRM_OBSERVATIONS = 2;

    private final TrackingConfig config;
    private final long confirmNanos;
    private final long maxGapNanos;
    private final long staticNanos;
    private final Observations observations;
    private final LinearAssignment assignment = new LinearAssignment();
    private final TrackPool tracks;
    private final Reidentification reidentification;
    private final List<Track> confirmedNow = new ArrayList<>();
    private int[] candidates = new int[64];
    private int[] offered = new int[64];
    private boolean[] matched = new boolean[64];
    private long lastPtsNanos = Long.MIN_VALUE;

    /** Creates a tracker without tracks. */
    public HeadTracker(TrackingConfig config) {
        this.config = config;
        this.confirmNanos = config.confirm().toNanos();
        this.maxGapNanos = config.maxGap().toNanos();
        this.staticNanos = config.staticAfter().toNanos();
        this.observations = new Observations(config);
        this.tracks = new TrackPool(new RestingPlaces(staticNanos));
        this.reidentification = new Reidentification(tracks);
    }

    /** Number of live tracks. */
    public int size() {
        return tracks.size();
    }

    /** A live track; indices are in the order of first detection. */
    public Track track(int index) {
        return tracks.get(index);
    }

    /** The track that the last frame observed in a box; null where there is none. */
    public @Nullable Track observedIn(BoundingBox sourceBox) {
        for (int i = 0; i < tracks.size(); i++) {
            Track track = tracks.get(i);
            if (track.isObserved()
                    && track.x1() == sourceBox.x1()
                    && track.y1() == sourceBox.y1()
                    && track.x2() == sourceBox.x2()
                    && track.y2() == sourceBox.y2()) {
                return track;
            }
        }
        return null;
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
        // Tentative tracks go at the first gap longer than the confirmation time, confirmed ones when they cannot be
        // re-identified any more.
        tracks.removeUnseen(
                now, Math.max(confirmNanos, stepNanos), Math.max(REIDENTIFICATION_GAPS * maxGapNanos, stepNanos));
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
        for (int i = 0; i < confirmedNow.size(); i++) {
            reidentification.continueLost(confirmedNow.get(i), now);
        }
        confirmedNow.clear();
        for (int i = 0; i < observations.size(); i++) {
            if (!matched[i] && isStrong(i)) {
                start(now, i);
            }
        }
        reidentification.continueBareHeads(now);
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
        track.rest().judge(staticNanos);
        // Half a step of tolerance, so that 0.2 s is five frames at 25 per second however the timestamps are rounded.
        boolean longEnough = track.observedNanos() + stepNanos / 2 >= confirmNanos;
        if (track.state() == TrackState.TENTATIVE && longEnough && track.observations() >= CONFIRM_OBSERVATIONS) {
            track.confirm();
            confirmedNow.add(track);
        }
    }

    private void start(long now, int observation) {
        Track track = tracks.start(now, observations, observation);
        track.setHelmetTrack(reidentification.nearestHelmet(track));
        tracks.add(track);
    }
}
