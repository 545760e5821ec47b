package io.helmwatch.postprocess.rules;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.vision.FrameDetections;
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
 * The rules of one stream: tracks its heads and reports when incidents start, continue and end.
 *
 * <p>Every time comes from the frames: durations from the presentation time, reported times from the capture time. The same frames
 * therefore give the same incidents, ids included. A gap between two frames of {@link IncidentsConfig#lostAfter} or more, and of
 * more than {@value #UNUSUAL_GAP} times the gap before it (so that one image a minute is a stream too), ends all open incidents as
 * {@code stream-lost}, with the last frame before the gap as the deciding one. {@link #onSilence} does the same during the gap: the end
 * is reported earlier and is otherwise the same.
 *
 * <p>Threading: one thread at a time, except {@link #reload}, which any thread may call and which takes effect between two frames. In steady
 * state nothing is allocated per frame.
 */
public final class StreamRules {
    private static final int UNUSUAL_GAP = 4;

    private final IncidentsConfig incidents;
    private final long lostNanos;
    private final HeadTracker tracker;
    private final AtomicReference<@Nullable StreamRulesConfig> pending;
    private final Map<String, Integer> counters = new HashMap<>();
    private StreamRulesConfig config = StreamRulesConfig.NONE;
    private MaskFilter filter = new MaskFilter(StreamRulesConfig.NONE);
    private List<Rule> rules = List.of();
    private @Nullable FrameDetections lastFrame;
    private long lastGapNanos;

    /** Creates rules without observations. */
    public StreamRules(StreamRulesConfig config, IncidentsConfig incidents) {
        this.incidents = incidents;
        this.lostNanos = incidents.lostAfter().toNanos();
        this.pending = new AtomicReference<>(config);
        this.tracker = new HeadTracker(incidents.tracking());
    }

    /** Replaces zones, masks and rules from the next frame on. Unchanged rules keep their observations, the others end their incidents. */
    public void reload(StreamRulesConfig replacement) {
        pending.set(replacement);
    }

    /** The tracked heads as of the last frame. */
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

    /** Processes the next frame and reports the incidents that it starts, updates or ends. */
    public void onFrame(FrameDetections frame, Consumer<Incident> out) {
        FrameDetections previous = lastFrame;
        if (previous != null) {
            long gapNanos = frame.ptsNanos() - previous.ptsNanos();
            onSilence(gapNanos, out);
            lastGapNanos = gapNanos;
        }
        if (pending.get() != null) {
            StreamRulesConfig replacement = pending.getAndSet(null);
            if (replacement != null) {
                replace(replacement, frame, out);
            }
        }
        lastFrame = frame;
        if (rules.isEmpty()) {
            return;
        }
        filter.resize(frame.size());
        tracker.update(frame.ptsNanos(), frame.detections(), filter);
        for (int i = 0; i < rules.size(); i++) {
            rules.get(i).onFrame(frame, tracker, out);
        }
    }

    /** Reports that no frame has arrived for the given time. */
    public void onSilence(long nanos, Consumer<Incident> out) {
        if (nanos >= lostNanos && nanos > UNUSUAL_GAP * lastGapNanos) {
            endAll(Incident.EndReason.STREAM_LOST, out);
        }
    }

    /** Reports a state of the stream: a final state ends all open incidents. */
    public void onStatus(StreamStatus status, Consumer<Incident> out) {
        if (status.state() == StreamStatus.State.ENDED || status.state() == StreamStatus.State.FAILED) {
            endAll(Incident.EndReason.STREAM_ENDED, out);
        }
    }

    /** Ends all open incidents, with the last frame as the deciding one. */
    public void endAll(Incident.EndReason reason, Consumer<Incident> out) {
        FrameDetections frame = lastFrame;
        if (frame != null) {
            for (Rule rule : rules) {
                rule.endAll(frame, reason, out);
            }
        }
    }

    private void replace(StreamRulesConfig replacement, FrameDetections frame, Consumer<Incident> out) {
        List<Rule> replaced = new ArrayList<>();
        for (RuleConfig ruleConfig : replacement.rules()) {
            List<ZoneConfig> zones = replacement.zones().stream()
                    .filter(zone -> ruleConfig.zones().contains(zone.name()))
                    .toList();
            Rule earlier = rules.stream()
                    .filter(rule -> rule.config.name().equals(ruleConfig.name()))
                    .findFirst()
                    .orElse(null);
            if (earlier != null && earlier.isSame(ruleConfig, zones)) {
                replaced.add(earlier);
                continue;
            }
            replaced.add(newRule(ruleConfig, zones));
        }
        for (Rule rule : rules) {
            if (!replaced.contains(rule)) {
                rule.endAll(frame, Incident.EndReason.RULE_CHANGED, out);
            }
        }
        rules = replaced;
        filter = new MaskFilter(replacement);
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
}
