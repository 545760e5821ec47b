package io.helmwatch.sinks.notify;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Holds messages back for a time and leaves out incidents that somebody has acknowledged by then. The end of an incident whose start was delivered is
 * sent also when it was acknowledged in between; of one that was acknowledged while the target was away, nothing is sent.
 *
 * <p>Threading: one thread.
 */
final class Escalation {
    private static final int MAX_NOTIFIED = 10_000;

    private final Duration after;
    private final Predicate<String> acknowledged;
    private final Set<String> notified = new LinkedHashSet<>();

    /**
     * Nothing was sent so far.
     *
     * @param after time without an acknowledgement after which an incident is sent; zero sends each at once
     * @param acknowledged whether an incident was acknowledged, by its id
     */
    Escalation(Duration after, Predicate<String> acknowledged) {
        this.after = after;
        this.acknowledged = acknowledged;
    }

    /** Milliseconds until a message is due; not positive when it is. */
    long dueInMillis(long sinceMillis, long nowMillis) {
        return dueInMillis(after, sinceMillis, nowMillis);
    }

    /** The same of any message that is held back for a time. One of the future is due: the clock was set back since, and nobody knows by how much. */
    static long dueInMillis(Duration after, long sinceMillis, long nowMillis) {
        long left = sinceMillis + after.toMillis() - nowMillis;
        return left > after.toMillis() ? 0 : left;
    }

    /** Whether a message that is due is sent. */
    boolean isWanted(NotifyMessage message) {
        if (after.isZero()) {
            return true;
        }
        String incident = message.field("incident");
        return switch (message.type()) {
            case INCIDENT_START -> !acknowledged.test(incident);
            case INCIDENT_UPDATE -> notified.contains(incident);
            // After a restart nothing is known of what was sent before.
            case INCIDENT_END, INCIDENT_EVIDENCE -> notified.contains(incident) || !acknowledged.test(incident);
            case STREAM_OFFLINE, STREAM_BACK, NODE_LOST, NODE_BACK, TEST -> true;
        };
    }

    /** The target has taken a message. */
    void delivered(NotifyMessage message) {
        if (after.isZero() || message.type() != NotifyMessage.Type.INCIDENT_START) {
            return;
        }
        if (notified.size() >= MAX_NOTIFIED) {
            notified.remove(notified.iterator().next());
        }
        notified.add(message.field("incident"));
    }
}
