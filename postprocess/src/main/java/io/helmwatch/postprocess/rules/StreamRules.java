package io.helmwatch.postprocess.rules;

import io.helmwatch.config.IncidentsConfig;
import io.helmwatch.config.RuleConfig;
import io.helmwatch.config.StreamRulesConfig;
import io.helmwatch.config.ZoneConfig;
import io.helmwatch.postprocess.tracking.HeadFilter;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one stream: follows its heads and tells when incidents start, go on and end.
 *
 * <p>Every time comes from the frames: durations from the presentation time, what is reported from the capture time. The same frames
 * therefore give the same incidents, down to the ids. A gap between two frames of {@link IncidentsConfig#lostAfter} or more, and of
 * more than {@value #UNUSUAL_GAP} times the gap before it (so that pictures taken once a minute are a stream too), ends what is open as
 * {@code stream-lost}, with the last frame before it as the deciding one. {@link #onSilence} does the same while the gap lasts, so that
 * it changes when an end is told and not what.
 *
 * <p>Threading: one thread at a time, except {@link #reload}, which any thread may call and which takes effect between two frames. In steady
 * state nothing is allocated per frame.
 */
public final class StreamRules {
    private static final int UNUSUAL_GAP = 4;

    private final IncidentsConfig incidents;
    private final long lostNanos;
    private final HeadTracker tracker;
    private final HeadFilter filter = this::accepts;
    private final AtomicReference<@Nullable StreamRulesConfig> wanted;
    private final Map<String, Integer> counters = new HashMap<>();
    private StreamRulesConfig config = StreamRulesConfig.NONE;
    private List<Polygon> masks = List.of();
    private List<Rule> rules = List.of();
    private ImageSize size = new ImageSize(1, 1);
    private @Nullable FrameDetections lastFrame;
    private long lastGapNanos;

    /** Rules that have seen nothing yet. */
    public StreamRules(StreamRulesConfig config, IncidentsConfig incidents) {
        this.incidents = incidents;
        this.lostNanos = incidents.lostAfter().toNanos();
        this.wanted = new AtomicReference<>(config);
        this.tracker = new HeadTracker(incidents.tracking());
    }

    /** Other zones, masks and rules from the next frame on; rules that stay the same keep what they have seen, the others end what is open. */
    public void reload(StreamRulesConfig replacement) {
        wanted.set(replacement);
    }

    /** The heads as of the last frame. */
    public HeadTracker heads() {
        return tracker;
    }

    /** Zones, masks and rules in force. */
    public StreamRulesConfig config() {
        return config;
    }

    /** Whether an incident has started and not ended. */
    public boolean isAnyOpen() {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).isAnyOpen()) {
                return true;
            }
        }
        return false;
    }

    /** Takes the next frame and tells what follows from it. */
    public void onFrame(FrameDetections frame, Consumer<Incident> out) {
        FrameDetections before = lastFrame;
        if (before != null) {
            long gapNanos = frame.ptsNanos() - before.ptsNanos();
            onSilence(gapNanos, out);
            lastGapNanos = gapNanos;
        }
        if (wanted.get() != null) {
            StreamRulesConfig replacement = wanted.getAndSet(null);
            if (replacement != null) {
                change(replacement, frame, out);
            }
        }
        lastFrame = frame;
        size = frame.size();
        if (rules.isEmpty()) {
            return;
        }
        tracker.update(frame.ptsNanos(), frame.detections(), filter);
        for (int i = 0; i < rules.size(); i++) {
            rules.get(i).onFrame(frame, tracker, out);
        }
    }

    /** No frame has come for so long. */
    public void onSilence(long nanos, Consumer<Incident> out) {
        if (nanos >= lostNanos && nanos > UNUSUAL_GAP * lastGapNanos) {
            endAll(Incident.EndReason.STREAM_LOST, out);
        }
    }

    /** The stream entered a state: one that it does not come back from ends what is open. */
    public void onStatus(StreamStatus status, Consumer<Incident> out) {
        if (status.state() == StreamStatus.State.ENDED || status.state() == StreamStatus.State.FAILED) {
            endAll(Incident.EndReason.STREAM_ENDED, out);
        }
    }

    /** Ends everything that is open, with the last frame as the deciding one. */
    public void endAll(Incident.EndReason reason, Consumer<Incident> out) {
        FrameDetections frame = lastFrame;
        if (frame != null) {
            for (Rule rule : rules) {
                rule.endAll(frame, reason, out);
            }
        }
    }

    private void change(StreamRulesConfig replacement, FrameDetections frame, Consumer<Incident> out) {
        List<Rule> changed = new ArrayList<>();
        for (RuleConfig ruleConfig : replacement.rules()) {
            List<ZoneConfig> zones = replacement.zones().stream()
                    .filter(zone -> ruleConfig.zones().contains(zone.name()))
                    .toList();
            Rule earlier = rules.stream()
                    .filter(rule -> rule.config.name().equals(ruleConfig.name()))
                    .findFirst()
                    .orElse(null);
            if (earlier != null && earlier.isSame(ruleConfig, zones)) {
                changed.add(earlier);
                continue;
            }
            changed.add(newRule(ruleConfig, zones));
        }
        for (Rule rule : rules) {
            if (!changed.contains(rule)) {
                rule.endAll(frame, Incident.EndReason.RULE_CHANGED, out);
            }
        }
        rules = changed;
        masks = replacement.masks().stream().map(Polygon::new).toList();
        config = replacement;
    }

    private Rule newRule(RuleConfig ruleConfig, List<ZoneConfig> zones) {
        long observationNanos = incidents.observation().toNanos();
        if (ruleConfig.kind() != RuleConfig.Kind.NO_HELMET) {
            return new OccupancyRule(ruleConfig, zones, counters, observationNanos);
        }
        long restartNanos = Math.max(incidents.tracking().maxGap().toNanos(), 2 * observationNanos);
        return new NoHelmetRule(ruleConfig, zones, counters, observationNanos, restartNanos);
    }

    private boolean accepts(BoundingBox box) {
        if (Math.min(box.width(), box.height()) < config.minBox()) {
            return false;
        }
        double x = (box.x1() + box.x2()) / 2 / size.width();
        double y = (box.y1() + box.y2()) / 2 / size.height();
        for (int i = 0; i < masks.size(); i++) {
            if (masks.get(i).contains(x, y)) {
                return false;
            }
        }
        return true;
    }
}
