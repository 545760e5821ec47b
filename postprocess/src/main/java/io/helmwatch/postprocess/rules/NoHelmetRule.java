package io.helmwatch.postprocess.rules;

import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.ZoneConfig;
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
 * continues its incident instead of starting a second one. A head that is static starts none, and ends the one that it started before it was known
 * to be.
 */
final class NoHelmetRule extends Rule {
    private final List<Polygon> polygons;
    private final long observationNanos;
    private final long restartNanos;
    private final long atLeastNanos;
    private final long updateNanos;
    private final long endNanos;
    private final List<WatchedHead> heads = new ArrayList<>();

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
            WatchedHead head = headOf(track);
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
            WatchedHead head = heads.get(i);
            if (!head.isTracked()) {
                Episode episode = head.episode();
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

    private WatchedHead headOf(Track track) {
        for (int i = 0; i < heads.size(); i++) {
            if (heads.get(i).id() == track.id()) {
                return heads.get(i);
            }
        }
        WatchedHead head = new WatchedHead(track, new VoteWindow(config.required(), config.of(), observationNanos));
        heads.add(head);
        return head;
    }

    private void observe(WatchedHead head, FrameDetections frame, boolean inForce, Consumer<Incident> out) {
        Track track = head.track();
        head.locate();
        int zone = zoneAt(
                head.centerX() / frame.size().width(),
                head.centerY() / frame.size().height());
        head.setInside(zone >= 0);
        if (!head.isInside() || !inForce || track.isStatic()) {
            return;
        }
        VoteWindow votes = head.votes();
        if (!votes.isEmpty() && frame.ptsNanos() - votes.lastNanos() > restartNanos) {
            votes.clear();
            head.clearObservations();
        }
        double bareHead = counted(track.bareHeadConfidence());
        double helmet = counted(track.helmetConfidence());
        votes.add(frame.ptsNanos(), frame.capturedAtMillis(), bareHead, helmet);
        if (votes.state() == VoteWindow.State.NO) {
            head.clearObservations();
        }
        boolean shows = bareHead > helmet;
        Episode episode = head.episode();
        if (episode == null) {
            if (shows) {
                head.observe(bareHead, track.bareHeadConfidence());
            }
            if (track.isConfirmed() && votes.state() == VoteWindow.State.YES && votes.isLastYes() && shows) {
                resumeOrStart(head, zone, frame, out);
            }
        } else if (shows && votes.state() == VoteWindow.State.YES) {
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

    private void resumeOrStart(WatchedHead head, int zone, FrameDetections frame, Consumer<Incident> out) {
        WatchedHead earlier = nearestContinued(head, frame.ptsNanos());
        Episode continued = earlier == null ? null : earlier.episode();
        if (earlier != null && continued != null) {
            earlier.close();
            continued.resume(head.id());
            head.open(continued);
            continued.extendTo(frame);
            return;
        }
        if (frame.ptsNanos() - head.votes().sinceNanos() < atLeastNanos) {
            return;
        }
        Episode episode = new Episode(
                nextId(frame),
                config.name(),
                Incident.Kind.NO_HELMET,
                zones.isEmpty() ? null : zones.get(zone),
                0,
                head.id(),
                head.votes());
        head.open(episode);
        episode.extendTo(frame);
        episode.addPosition(new Incident.Position(
                head.id(), episode.atMillis(frame), head.track().sourceBox()));
        out.accept(episode.start(frame));
    }

    /** The head whose incident a bare head continues: the nearest one that may be the same head. */
    private @Nullable WatchedHead nearestContinued(WatchedHead head, long nowNanos) {
        WatchedHead nearest = null;
        double nearestDistance = Double.POSITIVE_INFINITY;
        for (int i = 0; i < heads.size(); i++) {
            double distance = heads.get(i).distanceIfSame(head, nowNanos);
            if (distance < nearestDistance) {
                nearest = heads.get(i);
                nearestDistance = distance;
            }
        }
        return nearest;
    }

    private void report(WatchedHead head, FrameDetections frame, boolean inForce, Consumer<Incident> out) {
        Episode episode = head.episode();
        if (episode == null) {
            return;
        }
        boolean isStatic = head.isTracked() && head.track().isStatic();
        if (isStatic || frame.ptsNanos() - episode.lastNanos() >= endNanos) {
            Incident.EndReason reason = isStatic ? Incident.EndReason.STATIC : reason(head, frame, inForce);
            head.close();
            out.accept(episode.end(frame, reason));
        } else if (episode.wantsUpdate(frame.ptsNanos(), updateNanos)) {
            out.accept(episode.update(frame));
        }
    }

    private static Incident.EndReason reason(WatchedHead head, FrameDetections frame, boolean inForce) {
        if (!inForce) {
            return Incident.EndReason.SCHEDULE;
        }
        if (!head.isTracked() || head.track().lastSeenNanos() < frame.ptsNanos() - 1_000_000_000L) {
            return Incident.EndReason.ABSENCE;
        }
        if (!head.isInside()) {
            return Incident.EndReason.LEFT_ZONE;
        }
        return head.votes().state() == VoteWindow.State.NO
                ? Incident.EndReason.COMPLIANCE
                : Incident.EndReason.UNCERTAIN;
    }

    @Override
    void endAll(FrameDetections lastFrame, Incident.EndReason reason, Consumer<Incident> out) {
        end(true, lastFrame, reason, out);
        end(false, lastFrame, reason, out);
        heads.clear();
    }

    /** Ends the incidents of the heads that are tracked, or of those that are not. */
    private void end(boolean tracked, FrameDetections lastFrame, Incident.EndReason reason, Consumer<Incident> out) {
        for (WatchedHead head : heads) {
            Episode episode = head.episode();
            if (episode != null && head.isTracked() == tracked) {
                head.close();
                out.accept(episode.end(lastFrame, reason));
            }
        }
    }

    @Override
    boolean isAnyOpen() {
        for (int i = 0; i < heads.size(); i++) {
            if (heads.get(i).episode() != null) {
                return true;
            }
        }
        return false;
    }
}
