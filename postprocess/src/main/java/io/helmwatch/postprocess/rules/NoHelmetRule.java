package io.helmwatch.postprocess.rules;

import io.helmwatch.config.RuleConfig;
import io.helmwatch.config.ZoneConfig;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.postprocess.tracking.Track;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Somebody without a helmet: one incident per head. A head that is lost and found again under another track id near the same place
 * continues its incident instead of starting a second one.
 */
final class NoHelmetRule extends Rule {
    /** Maximum distance, in head sizes, between a lost head and the track that resumes its incident: at once, per second unseen, limit. */
    private static final double REACH = 2;

    private static final double REACH_PER_SECOND = 1;
    private static final double REACH_LIMIT = 5;
    private static final double SIZE_RATIO = 1.8;

    /** Maximum time that both tracks of one head are seen. */
    private static final long OVERLAP_NANOS = 500_000_000L;

    /** One head: its votes, its last position and its incident, if one is open. */
    private final class Head {
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

        Head(Track track) {
            this.track = track;
            this.id = track.id();
            this.votes = new VoteWindow(config.required(), config.of(), observationNanos);
        }

        boolean isTracked() {
            return track.isLive(id);
        }

        /**
         * Whether another track that was first seen at a time may continue the incident: the own track was removed, or nothing has shown
         * the incident since then, because the track is lost or follows something else. A head that is seen to comply is not continued.
         */
        boolean mayContinueAs(Track other) {
            Episode open = episode;
            if (open == null || !isTracked()) {
                return open != null;
            }
            boolean complies = track.isObserved() && votes.state() == VoteWindow.State.NO;
            return !complies && open.lastNanos() <= other.firstSeenNanos() + OVERLAP_NANOS;
        }

        boolean isOpen() {
            return episode != null;
        }

        /** Discards votes and observations. */
        void clear() {
            votes.clear();
            clearObservations();
        }

        void clearObservations() {
            observations = 0;
            confidenceSum = 0;
            peakConfidence = 0;
        }
    }

    private final List<Polygon> polygons;
    private final long observationNanos;
    private final long restartNanos;
    private final long atLeastNanos;
    private final long updateNanos;
    private final long endNanos;
    private final List<Head> heads = new ArrayList<>();

    /**
     * Creates a rule without heads.
     *
     * @param restartNanos the votes of a head that was not seen in the zone for longer are discarded
     */
    NoHelmetRule(
            RuleConfig config,
            List<ZoneConfig> zones,
            Map<String, Integer> counters,
            long observationNanos,
            long restartNanos) {
        super(config, zones, counters);
        this.polygons = zones.stream().map(zone -> new Polygon(zone.polygon())).toList();
        this.observationNanos = observationNanos;
        this.restartNanos = restartNanos;
        this.atLeastNanos = config.atLeast().toNanos();
        this.updateNanos = config.updateEvery().toNanos();
        this.endNanos = config.endAfter().toNanos();
    }

    @Override
    void onFrame(FrameDetections frame, HeadTracker tracker, Consumer<Incident> out) {
        boolean inForce = isInForce(frame.capturedAtMillis());
        suspendUntracked();
        for (int i = 0; i < tracker.size(); i++) {
            Track track = tracker.track(i);
            Head head = headOf(track);
            if (track.isObserved()) {
                observe(head, frame, inForce, out);
            }
        }
        for (int i = 0; i < heads.size(); i++) {
            if (heads.get(i).isTracked()) {
                report(heads.get(i), frame, inForce, out);
            }
        }
        for (int i = heads.size() - 1; i >= 0; i--) {
            if (!heads.get(i).isTracked()) {
                report(heads.get(i), frame, inForce, out);
            }
        }
    }

    /**
     * Suspends the incidents of heads whose track was removed, and removes such heads without an incident. Suspended ones are listed in
     * the order of their suspension.
     */
    private void suspendUntracked() {
        for (int i = heads.size() - 1; i >= 0; i--) {
            Head head = heads.get(i);
            if (!head.isTracked()) {
                Episode episode = head.episode;
                if (episode == null) {
                    heads.remove(i);
                } else if (episode.state() != EpisodeState.SUSPENDED) {
                    episode.suspend();
                    heads.remove(i);
                    heads.add(head);
                }
            }
        }
    }

    private Head headOf(Track track) {
        for (int i = 0; i < heads.size(); i++) {
            if (heads.get(i).id == track.id()) {
                return heads.get(i);
            }
        }
        Head head = new Head(track);
        heads.add(head);
        return head;
    }

    private void observe(Head head, FrameDetections frame, boolean inForce, Consumer<Incident> out) {
        Track track = head.track;
        head.centerX = (track.x1() + track.x2()) / 2;
        head.centerY = (track.y1() + track.y2()) / 2;
        head.size = Math.sqrt(Math.max(1, (track.x2() - track.x1()) * (track.y2() - track.y1())));
        int zone = zoneAt(
                head.centerX / frame.size().width(), head.centerY / frame.size().height());
        head.inside = zone >= 0;
        if (!head.inside || !inForce) {
            return;
        }
        if (!head.votes.isEmpty() && frame.ptsNanos() - head.votes.lastNanos() > restartNanos) {
            head.clear();
        }
        double bareHead = counted(track.bareHeadConfidence());
        double helmet = counted(track.helmetConfidence());
        head.votes.add(frame.ptsNanos(), frame.capturedAtMillis(), bareHead, helmet);
        if (head.votes.state() == VoteWindow.State.NO) {
            head.clearObservations();
        }
        boolean shows = bareHead > helmet;
        Episode episode = head.episode;
        if (episode == null) {
            if (shows) {
                head.observations++;
                head.confidenceSum += bareHead;
                head.peakConfidence = Math.max(head.peakConfidence, track.bareHeadConfidence());
            }
            if (track.isConfirmed() && head.votes.state() == VoteWindow.State.YES && head.votes.isLastYes() && shows) {
                resumeOrStart(head, zone, frame, out);
            }
        } else if (shows && head.votes.state() == VoteWindow.State.YES) {
            episode.observe(frame, track.bareHeadConfidence());
            long atMillis = episode.atMillis(frame);
            if (episode.wantsPosition(atMillis)) {
                episode.addPosition(new Incident.Position(track.id(), atMillis, track.sourceBox()));
            }
        }
    }

    private double counted(float confidence) {
        return confidence >= config.confidence() ? confidence : 0;
    }

    /** Index of the zone that holds a point; 0 where the rule has no zones; -1 outside. */
    private int zoneAt(double x, double y) {
        if (polygons.isEmpty()) {
            return 0;
        }
        for (int i = 0; i < polygons.size(); i++) {
            if (polygons.get(i).contains(x, y)) {
                return i;
            }
        }
        return -1;
    }

    private void resumeOrStart(Head head, int zone, FrameDetections frame, Consumer<Incident> out) {
        Head earlier = nearestContinued(head, frame.ptsNanos());
        if (earlier != null && earlier.episode != null) {
            Episode episode = earlier.episode;
            earlier.episode = null;
            earlier.clear();
            episode.resume(head.id);
            episode.include(head.observations, head.confidenceSum, head.peakConfidence);
            episode.extendTo(frame);
            head.episode = episode;
            return;
        }
        if (frame.ptsNanos() - head.votes.sinceNanos() < atLeastNanos) {
            return;
        }
        Episode episode = new Episode(
                nextId(frame),
                config.name(),
                Incident.Kind.NO_HELMET,
                zones.isEmpty() ? null : zones.get(zone),
                0,
                head.id,
                head.votes);
        episode.include(head.observations, head.confidenceSum, head.peakConfidence);
        episode.extendTo(frame);
        episode.addPosition(new Incident.Position(head.id, episode.atMillis(frame), head.track.sourceBox()));
        head.episode = episode;
        out.accept(episode.start(frame));
    }

    /** The head whose incident a bare head continues: the nearest one that may be the same head. */
    private @Nullable Head nearestContinued(Head head, long nowNanos) {
        Head nearest = null;
        double nearestDistance = Double.POSITIVE_INFINITY;
        for (int i = 0; i < heads.size(); i++) {
            Head candidate = heads.get(i);
            Episode episode = candidate.episode;
            double ratio = head.size / candidate.size;
            if (episode == null
                    || candidate == head
                    || !candidate.mayContinueAs(head.track)
                    || ratio > SIZE_RATIO
                    || ratio < 1 / SIZE_RATIO) {
                continue;
            }
            double unseenSeconds = (nowNanos - episode.lastNanos()) / 1e9;
            double reach = Math.min(REACH_LIMIT, REACH + REACH_PER_SECOND * unseenSeconds) * candidate.size;
            double distance = Math.hypot(head.centerX - candidate.centerX, head.centerY - candidate.centerY);
            if (distance <= reach && distance < nearestDistance) {
                nearest = candidate;
                nearestDistance = distance;
            }
        }
        return nearest;
    }

    private void report(Head head, FrameDetections frame, boolean inForce, Consumer<Incident> out) {
        Episode episode = head.episode;
        if (episode == null) {
            return;
        }
        if (frame.ptsNanos() - episode.lastNanos() >= endNanos) {
            Incident.EndReason reason = reason(head, frame, inForce);
            head.episode = null;
            head.clear();
            out.accept(episode.end(frame, reason));
        } else if (episode.wantsUpdate(frame.ptsNanos(), updateNanos)) {
            out.accept(episode.update(frame));
        }
    }

    private static Incident.EndReason reason(Head head, FrameDetections frame, boolean inForce) {
        if (!inForce) {
            return Incident.EndReason.SCHEDULE;
        }
        if (!head.isTracked() || head.track.lastSeenNanos() < frame.ptsNanos() - 1_000_000_000L) {
            return Incident.EndReason.ABSENCE;
        }
        if (!head.inside) {
            return Incident.EndReason.LEFT_ZONE;
        }
        return head.votes.state() == VoteWindow.State.NO ? Incident.EndReason.COMPLIANCE : Incident.EndReason.UNCERTAIN;
    }

    @Override
    void endAll(FrameDetections lastFrame, Incident.EndReason reason, Consumer<Incident> out) {
        end(true, lastFrame, reason, out);
        end(false, lastFrame, reason, out);
        heads.clear();
    }

    /** Ends the incidents of the heads that are tracked, or of those that are not. */
    private void end(boolean tracked, FrameDetections lastFrame, Incident.EndReason reason, Consumer<Incident> out) {
        for (Head head : heads) {
            Episode episode = head.episode;
            if (episode != null && head.isTracked() == tracked) {
                head.episode = null;
                out.accept(episode.end(lastFrame, reason));
            }
        }
    }

    @Override
    boolean isAnyOpen() {
        for (int i = 0; i < heads.size(); i++) {
            if (heads.get(i).isOpen()) {
                return true;
            }
        }
        return false;
    }
}
