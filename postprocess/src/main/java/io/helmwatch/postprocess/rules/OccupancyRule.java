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

/** Too many or too few people: one incident per zone. Lost heads still count for half a second. */
final class OccupancyRule extends Rule {
    private static final long RETAINED_NANOS = 500_000_000;

    /** One zone, or the whole frame. */
    private final class Area {
        private final @Nullable Polygon polygon;
        private final @Nullable ZoneConfig zone;
        private final VoteWindow votes = new VoteWindow(config.required(), config.of(), observationNanos);
        private int count;
        private double confidenceSum;
        private float peakConfidence;
        private @Nullable Episode episode;

        Area(@Nullable ZoneConfig zone) {
            polygon = zone == null ? null : new Polygon(zone.polygon());
            this.zone = zone;
        }

        boolean holds(Track track, FrameDetections frame) {
            if (!track.isConfirmed()
                    || track.isStatic()
                    || track.confidence() < config.confidence()
                    || frame.ptsNanos() - track.lastSeenNanos() > RETAINED_NANOS) {
                return false;
            }
            double x = (track.x1() + track.x2()) / 2 / frame.size().width();
            double y = (track.y1() + track.y2()) / 2 / frame.size().height();
            return polygon == null || polygon.contains(x, y);
        }
    }

    private final long observationNanos;
    private final long atLeastNanos;
    private final long updateNanos;
    private final long endNanos;
    private final List<Area> areas = new ArrayList<>();

    OccupancyRule(RuleConfig config, List<ZoneConfig> zones, Map<String, Integer> counters, long observationNanos) {
        super(config, zones, counters);
        this.observationNanos = observationNanos;
        this.atLeastNanos = config.atLeast().toNanos();
        this.updateNanos = config.updateEvery().toNanos();
        this.endNanos = config.endAfter().toNanos();
        if (zones.isEmpty()) {
            areas.add(new Area(null));
        }
        zones.forEach(zone -> areas.add(new Area(zone)));
    }

    @Override
    void onFrame(FrameDetections frame, HeadTracker tracker, Consumer<Incident> out) {
        boolean inForce = isInForce(frame.capturedAtMillis());
        for (int i = 0; i < areas.size(); i++) {
            Area area = areas.get(i);
            count(area, frame, tracker);
            if (inForce) {
                vote(area, frame, tracker, out);
            }
            report(area, frame, tracker, inForce, out);
        }
    }

    private void count(Area area, FrameDetections frame, HeadTracker tracker) {
        area.count = 0;
        area.confidenceSum = 0;
        area.peakConfidence = 0;
        for (int i = 0; i < tracker.size(); i++) {
            Track track = tracker.track(i);
            if (area.holds(track, frame)) {
                area.count++;
                area.confidenceSum += track.confidence();
                area.peakConfidence = Math.max(area.peakConfidence, track.confidence());
            }
        }
    }

    private boolean isViolated(int count) {
        return config.kind() == RuleConfig.Kind.MORE_PEOPLE ? count > config.limit() : count < config.limit();
    }

    private void vote(Area area, FrameDetections frame, HeadTracker tracker, Consumer<Incident> out) {
        boolean violated = isViolated(area.count);
        area.votes.add(frame.ptsNanos(), frame.capturedAtMillis(), violated ? 1 : 0, violated ? 0 : 1);
        boolean decided = area.votes.state() == VoteWindow.State.YES && violated;
        Episode episode = area.episode;
        if (episode != null && decided) {
            observe(episode, area, frame);
        } else if (episode == null && decided && frame.ptsNanos() - area.votes.sinceNanos() >= atLeastNanos) {
            Episode started = new Episode(
                    nextId(frame), config.name(), Incident.Kind.OCCUPANCY, area.zone, config.limit(), 0, area.votes);
            started.setPeople(area.count);
            observe(started, area, frame);
            addPositions(started, area, frame, tracker);
            area.episode = started;
            out.accept(started.start(frame));
        }
    }

    private void observe(Episode episode, Area area, FrameDetections frame) {
        episode.observe(frame, area.count == 0 ? 0 : (float) (area.confidenceSum / area.count));
        boolean worse = config.kind() == RuleConfig.Kind.MORE_PEOPLE
                ? area.count > episode.people()
                : area.count < episode.people();
        if (worse) {
            episode.setPeople(area.count);
        }
    }

    private static void addPositions(Episode episode, Area area, FrameDetections frame, HeadTracker tracker) {
        for (int i = 0; i < tracker.size(); i++) {
            Track track = tracker.track(i);
            if (area.holds(track, frame)) {
                episode.addPosition(new Incident.Position(track.id(), episode.atMillis(frame), track.sourceBox()));
            }
        }
    }

    private void report(
            Area area, FrameDetections frame, HeadTracker tracker, boolean inForce, Consumer<Incident> out) {
        Episode episode = area.episode;
        if (episode == null) {
            return;
        }
        if (frame.ptsNanos() - episode.lastNanos() >= endNanos) {
            area.episode = null;
            area.votes.clear();
            out.accept(episode.end(frame, inForce ? Incident.EndReason.COMPLIANCE : Incident.EndReason.SCHEDULE));
        } else if (episode.wantsUpdate(frame.ptsNanos(), updateNanos)) {
            addPositions(episode, area, frame, tracker);
            out.accept(episode.update(frame));
        }
    }

    @Override
    void endAll(FrameDetections lastFrame, Incident.EndReason reason, Consumer<Incident> out) {
        for (Area area : areas) {
            Episode episode = area.episode;
            if (episode != null) {
                area.episode = null;
                out.accept(episode.end(lastFrame, reason));
            }
            area.votes.clear();
        }
    }

    @Override
    boolean isAnyOpen() {
        for (int i = 0; i < areas.size(); i++) {
            if (areas.get(i).episode != null) {
                return true;
            }
        }
        return false;
    }
}
