package io.helmwatch.sinks.notify;

import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.vision.Incident;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Decides which incidents a target is notified of. The decision is made at the start of an incident and holds for all its messages, so that
 * no end is sent without its start.
 *
 * <p>Threading: any thread; calls are serialised.
 */
final class NotifyFilter {
    /** Incidents not sent whose end is awaited; beyond, the oldest is removed. */
    private static final int MAX_LEFT_OUT = 10_000;

    private final NotifyConfig config;
    private final Map<String, Long> lastStartMillis = new HashMap<>();
    private final Set<String> leftOut = new LinkedHashSet<>();

    NotifyFilter(NotifyConfig config) {
        this.config = config;
    }

    synchronized boolean accepts(Incident incident) {
        boolean accepted = incident.phase() == Incident.Phase.START
                ? isMatching(incident) && isScheduled(incident) && isPastCoolDown(incident)
                : isMatching(incident) && !leftOut.contains(incident.id());
        if (!accepted && incident.phase() == Incident.Phase.START) {
            leaveOut(incident.id());
        }
        boolean isLast = config.phases().contains(NotifyConfig.Phase.EVIDENCE)
                ? incident.phase() == Incident.Phase.EVIDENCE && incident.hasEnded()
                : incident.phase() == Incident.Phase.END;
        if (isLast) {
            leftOut.remove(incident.id());
        }
        return accepted
                && switch (incident.phase()) {
                    case START, END -> true;
                    case UPDATE -> config.phases().contains(NotifyConfig.Phase.UPDATE);
                    case EVIDENCE -> config.phases().contains(NotifyConfig.Phase.EVIDENCE);
                };
    }

    private boolean isMatching(Incident incident) {
        return (config.streams().isEmpty() || config.streams().contains(incident.stream()))
                && (config.rules().isEmpty() || config.rules().contains(incident.rule()))
                && (config.zones().isEmpty()
                        || (incident.zone() != null && config.zones().contains(incident.zone())));
    }

    private boolean isScheduled(Incident incident) {
        return config.schedule() == null
                || config.schedule().includes(Instant.ofEpochMilli(incident.decidedAtMillis()));
    }

    private boolean isPastCoolDown(Incident incident) {
        if (config.coolDown().isZero()) {
            return true;
        }
        String key = incident.stream() + "/" + incident.rule();
        Long last = lastStartMillis.get(key);
        // One that began further in the future than it is long is of a clock that was set back since.
        if (last != null
                && Math.abs(incident.decidedAtMillis() - last)
                        < config.coolDown().toMillis()) {
            return false;
        }
        lastStartMillis.put(key, incident.decidedAtMillis());
        return true;
    }

    private void leaveOut(String incident) {
        if (leftOut.size() >= MAX_LEFT_OUT) {
            leftOut.remove(leftOut.iterator().next());
        }
        leftOut.add(incident);
    }
}
