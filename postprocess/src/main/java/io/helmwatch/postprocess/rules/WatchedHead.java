package io.helmwatch.postprocess.rules;

import io.helmwatch.postprocess.tracking.HeadDistance;
import io.helmwatch.postprocess.tracking.Track;
import org.jspecify.annotations.Nullable;

/**
 * One head as a rule sees it: its votes, its last position, its observations before an incident, and the incident, if one is open.
 *
 * <p>Threading: as its rule.
 */
final class WatchedHead {
    /** Maximum time that both tracks of one head are seen. */
    private static final long OVERLAP_NANOS = 500_000_000L;

    private final Track track;
    private final int id;
    private final VoteWindow votes;
    private boolean inside;
    private double centerX;
    private double centerY;
    private double size;
    private int observations;
    private double confidenceSum;
    private float peakConfidence;
    private @Nullable Episode episode;

    WatchedHead(Track track, VoteWindow votes) {
        this.track = track;
        this.id = track.id();
        this.votes = votes;
    }

    Track track() {
        return track;
    }

    /** Id of the track. */
    int id() {
        return id;
    }

    VoteWindow votes() {
        return votes;
    }

    /** Whether the head's track still exists, observed or lost. */
    boolean isTracked() {
        return track.isLive(id);
    }

    /** Takes the position from the track. */
    void locate() {
        centerX = (track.x1() + track.x2()) / 2;
        centerY = (track.y1() + track.y2()) / 2;
        size = Math.sqrt(Math.max(1, (track.x2() - track.x1()) * (track.y2() - track.y1())));
    }

    /** Horizontal centre in source pixels. */
    double centerX() {
        return centerX;
    }

    /** Vertical centre in source pixels. */
    double centerY() {
        return centerY;
    }

    void setInside(boolean isInside) {
        inside = isInside;
    }

    /** Whether the head was in a zone of the rule when it was last seen. */
    boolean isInside() {
        return inside;
    }

    /** The open incident; null where there is none. */
    @Nullable
    Episode episode() {
        return episode;
    }

    /** Opens an incident, with the observations before it. */
    void open(Episode started) {
        started.include(observations, confidenceSum, peakConfidence);
        episode = started;
    }

    /** Closes the incident and discards votes and observations. */
    void close() {
        episode = null;
        votes.clear();
        clearObservations();
    }

    /** Adds a frame that shows a bare head, before there is an incident. */
    void observe(double confidence, float peak) {
        observations++;
        confidenceSum += confidence;
        peakConfidence = Math.max(peakConfidence, peak);
    }

    void clearObservations() {
        observations = 0;
        confidenceSum = 0;
        peakConfidence = 0;
    }

    /**
     * Distance in source pixels to a head that is seen bare, where that may be this head, so that it continues this head's incident; infinite
     * where it may not: there is no incident, the size differs, or a person cannot be that far away since the incident was last seen.
     */
    double distanceIfSame(WatchedHead other, long nowNanos) {
        Episode open = episode;
        if (open == null || other == this || !HeadDistance.isSameSize(other.size, size) || isApart(open, other)) {
            return Double.POSITIVE_INFINITY;
        }
        double distance = Math.hypot(other.centerX - centerX, other.centerY - centerY);
        return distance <= HeadDistance.reach(size, nowNanos - open.lastNanos()) ? distance : Double.POSITIVE_INFINITY;
    }

    /**
     * Whether this head is seen apart from another one. It is not where its track was removed, or where nothing has shown the incident since
     * the other head was first seen, because the track is lost or follows something else. A head that is seen to comply is apart.
     */
    private boolean isApart(Episode open, WatchedHead other) {
        if (!isTracked()) {
            return false;
        }
        boolean complies = track.isObserved() && votes.state() == VoteWindow.State.NO;
        return complies || open.lastNanos() > other.track.firstSeenNanos() + OVERLAP_NANOS;
    }
}
