package io.helmwatch.postprocess.rules;

import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.ScheduleConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** One rule of one stream and its observations so far. */
abstract class Rule {
    private static final long MINUTE_MILLIS = 60_000;

    final RuleConfig config;
    final List<ZoneConfig> zones;
    private final Map<String, Integer> counters;
    private long scheduleMinute = Long.MIN_VALUE;
    private boolean inForce;

    Rule(RuleConfig config, List<ZoneConfig> zones, Map<String, Integer> counters) {
        this.config = config;
        this.zones = zones;
        this.counters = counters;
    }

    /** Whether the rule is the same after a reload, so that it keeps its observations. */
    boolean isSame(RuleConfig otherConfig, List<ZoneConfig> otherZones) {
        return config.equals(otherConfig) && zones.equals(otherZones);
    }

    /** Processes a frame, after the tracker did. */
    abstract void onFrame(FrameDetections frame, HeadTracker tracker, Consumer<Incident> out);

    /** Ends all open incidents. */
    abstract void endAll(FrameDetections lastFrame, Incident.EndReason reason, Consumer<Incident> out);

    abstract boolean isAnyOpen();

    /** Whether the schedule includes a time. Evaluated once a minute: schedules have minutes, and a time zone lookup allocates. */
    boolean isInForce(long atMillis) {
        ScheduleConfig schedule = config.schedule();
        if (schedule == null) {
            return true;
        }
        long minute = Math.floorDiv(atMillis, MINUTE_MILLIS);
        if (minute != scheduleMinute) {
            scheduleMinute = minute;
            inForce = schedule.includes(Instant.ofEpochMilli(atMillis));
        }
        return inForce;
    }

    /** The id of the next incident; the same frames give the same id. A rule that is changed or added again continues its numbers. */
    String nextId(FrameDetections frame) {
        int number = counters.merge(config.name(), 1, Integer::sum);
        return frame.stream() + "/" + frame.epochSeconds() + "/" + config.name() + "/" + number;
    }
}
