package io.helmwatch.postprocess.tracking;

import io.helmwatch.config.TrackingConfig;
import io.helmwatch.vision.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Follows the heads of one stream whatever their label, so that somebody who takes the helmet off stays the same head.
 *
 * <p>The association is that of ByteTrack (Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
 * ECCV 2022): boxes with enough confidence are assigned to the tracks first, the weak ones to the tracks that are left over, and
 * only strong leftovers begin a track. Motion is a Kalman filter with constant velocity ({@link AxisFilter}), assignment is exact
 * ({@link LinearAssignment}).
 *
 * <p>Two things differ because analysed rates go down to a few frames per second. All constants are times, not frames. And
 * similarity is the IoU of boxes that are first widened by how unsure the filter is of the centre: a head that walks moves by
 * more than its own width between two frames at 5 per second, so that plain IoU would be zero (the widening is the idea of Yang
 * et al., "Hard to Track Objects with Irregular Motions and Similar Appearances?", WACV 2023, there by a fixed factor).
 *
 * <p>Deterministic: the same frames give the same tracks. Threading: one thread. Nothing is allocated once the arrays have grown
 * to the busiest frame.
 */
public final class HeadTracker {
    /** Smallest similarity of the first and of the second association. */
    private static final double STRONG_SIMILARITY = 0.2;

    private static final double WEAK_SIMILARITY = 0.3;
    /** Widening in deviations of the predicted centre, and its limit in head sizes. */
    private static final double MARGIN_DEVIATIONS = 1.5;

    private static final double MARGIN_LIMIT = 2;
    private static final int CONFIRM_OBSERVATIONS = 2;

    private final TrackingConfig config;
    private final long confirmNanos;
    private final long maxGapNanos;
    private final Observations observations;
    private final LinearAssignment assignment = new LinearAssignment();
    private final List<Track> tracks = new ArrayList<>();
    private final List<Track> spare = new ArrayList<>();
    private int[] candidates = new int[64];
    private int[] offered = new int[64];
    private boolean[] taken = new boolean[64];
    private int nextId = 1;
    private long lastPtsNanos = Long.MIN_VALUE;

    /** A tracker without heads. */
    public HeadTracker(TrackingConfig config) {
        this.config = config;
        this.confirmNanos = config.confirm().toNanos();
        this.maxGapNanos = config.maxGap().toNanos();
        this.observations = new Observations(config);
    }

    /** Heads being followed, seen or awaited, in the order of first sight. */
    public int size() {
        return tracks.size();
    }

    /** One of them. */
    public Track track(int index) {
        return tracks.get(index);
    }

    /**
     * Takes the next frame.
     *
     * @param ptsNanos presentation time; one that does not grow counts as no time passed
     * @param detections by falling confidence
     * @param filter which of them count
     */
    public void update(long ptsNanos, List<Detection> detections, HeadFilter filter) {
        long stepNanos = lastPtsNanos == Long.MIN_VALUE ? 0 : Math.max(0, ptsNanos - lastPtsNanos);
        long now = lastPtsNanos == Long.MIN_VALUE ? ptsNanos : lastPtsNanos + stepNanos;
        lastPtsNanos = now;
        giveUpLost(now, stepNanos);
        observations.take(detections, filter);
        makeRoom();
        double seconds = stepNanos / 1e9;
        for (int i = 0; i < tracks.size(); i++) {
            tracks.get(i).predict(seconds);
        }
        associate(now, stepNanos, true, true, STRONG_SIMILARITY);
        associate(now, stepNanos, true, false, WEAK_SIMILARITY);
        associate(now, stepNanos, false, true, STRONG_SIMILARITY);
        for (int i = 0; i < tracks.size(); i++) {
            settle(tracks.get(i), stepNanos);
        }
        for (int i = 0; i < observations.size(); i++) {
            if (!taken[i] && isStrong(i)) {
                begin(now, i);
            }
        }
    }

    /** A new track is dropped at its first miss longer than the confirming time; a confirmed one survives gaps. */
    private void giveUpLost(long now, long stepNanos) {
        int kept = 0;
        for (int i = 0; i < tracks.size(); i++) {
            Track track = tracks.get(i);
            long unseen = now - track.lastSeenNanos();
            long limit = Math.max(track.isConfirmed() ? maxGapNanos : confirmNanos, stepNanos);
            if (unseen > limit) {
                track.giveUp();
                spare.add(track);
            } else {
                tracks.set(kept++, track);
            }
        }
        for (int i = tracks.size() - 1; i >= kept; i--) {
            tracks.remove(i);
        }
    }

    private void makeRoom() {
        int needed = Math.max(tracks.size(), observations.size());
        if (candidates.length < needed) {
            int capacity = Math.max(needed, 2 * candidates.length);
            candidates = new int[capacity];
            offered = new int[capacity];
            taken = new boolean[capacity];
        }
        Arrays.fill(taken, 0, observations.size(), false);
    }

    private boolean isStrong(int observation) {
        return observations.confidence(observation) >= config.startConfidence();
    }

    private void associate(long now, long stepNanos, boolean confirmed, boolean strong, double smallest) {
        int rows = 0;
        for (int i = 0; i < tracks.size(); i++) {
            Track track = tracks.get(i);
            if (track.isConfirmed() == confirmed && !track.isObserved()) {
                candidates[rows++] = i;
            }
        }
        int columns = 0;
        for (int i = 0; i < observations.size(); i++) {
            if (!taken[i] && isStrong(i) == strong) {
                offered[columns++] = i;
            }
        }
        if (rows == 0 || columns == 0) {
            return;
        }
        assignment.reset(rows, columns, 1 - smallest);
        for (int row = 0; row < rows; row++) {
            Track track = tracks.get(candidates[row]);
            double margin = Math.min(MARGIN_DEVIATIONS * track.centerDeviation(), MARGIN_LIMIT * track.size());
            for (int column = 0; column < columns; column++) {
                assignment.cost(row, column, 1 - similarity(track, offered[column], margin));
            }
        }
        assignment.solve();
        for (int row = 0; row < rows; row++) {
            int column = assignment.columnOf(row);
            if (column >= 0) {
                taken[offered[column]] = true;
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

    private void settle(Track track, long stepNanos) {
        if (!track.isObserved()) {
            track.coast();
            return;
        }
        // Half a step of grace, so that 0.2 s is five frames at 25 per second however the timestamps are rounded.
        boolean longEnough = track.observedNanos() + stepNanos / 2 >= confirmNanos;
        if (longEnough && track.observations() >= CONFIRM_OBSERVATIONS) {
            track.confirm();
        }
    }

    private void begin(long now, int observation) {
        Track track = spare.isEmpty() ? new Track() : spare.remove(spare.size() - 1);
        track.start(nextId++, now, observations, observation);
        tracks.add(track);
    }
}
