package io.helmwatch.sinks.kafka;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * States of streams in the order in which they are sent, and the last state of each stream, to be sent again. Beyond {@link #LIMIT} only the last of each
 * stream is kept.
 *
 * <p>Threading: calls are serialised by the {@link Outbox}.
 */
final class StatusQueue {
    /** Queued messages beyond which only the last of each stream is kept. */
    static final int LIMIT = 10_000;

    private final ArrayDeque<StatusMessage> queued = new ArrayDeque<>();
    private final Map<String, StatusMessage> latest = new HashMap<>();
    private final Map<String, StatusMessage> lastPolled = new HashMap<>();

    int size() {
        return queued.size();
    }

    /** The streams that have a state. */
    Set<String> streams() {
        return Set.copyOf(latest.keySet());
    }

    /** Adds a change of a state. */
    void add(StatusMessage change) {
        latest.put(change.stream, change);
        queued.addLast(change);
        if (queued.size() > LIMIT) {
            queued.removeIf(message -> !message.isLast() && !isLatest(message));
        }
    }

    /** Adds the removal of a stream, behind its states. */
    void remove(StatusMessage removal) {
        latest.remove(removal.stream);
        queued.addLast(removal);
    }

    /** Adds that the last state of a stream expires, behind its states; it is not renewed any more. */
    void release(String stream, long atMillis) {
        StatusMessage last = latest.remove(stream);
        if (last != null) {
            queued.addLast(last.again(StatusMessage.Reason.RELEASE, atMillis));
        }
    }

    /** Removes the states of a stream; nothing more is sent of them. */
    void abandon(String stream) {
        latest.remove(stream);
        lastPolled.remove(stream);
        queued.removeIf(message -> message.stream.equals(stream));
    }

    /** Adds the last state of every stream again, except where a message about it is queued. */
    void renew(StatusMessage.Reason reason, long atMillis) {
        Set<String> waiting = new HashSet<>();
        queued.forEach(message -> waiting.add(message.stream));
        latest.replaceAll((stream, last) -> {
            if (waiting.contains(stream)) {
                return last;
            }
            StatusMessage renewal = last.again(reason, atMillis);
            queued.addLast(renewal);
            return renewal;
        });
    }

    /** Adds the last state of every stream again, as it is. */
    void repeatLatest() {
        queued.removeIf(this::isLatest);
        queued.addAll(latest.values());
    }

    /** Removes the next message; null when none is queued. */
    @Nullable
    StatusMessage poll() {
        StatusMessage message = queued.pollFirst();
        if (message != null) {
            lastPolled.put(message.stream, message);
        }
        return message;
    }

    /** Returns a message to the head, unless a later one of its stream was polled since; returns whether it is queued again. */
    boolean giveBack(StatusMessage message) {
        if (!isSame(lastPolled.get(message.stream), message)) {
            return false;
        }
        queued.addFirst(message);
        return true;
    }

    /** A message was acknowledged: a stream that was removed is forgotten. */
    void delivered(StatusMessage message) {
        if (message.isLast()) {
            lastPolled.remove(message.stream, message);
        }
    }

    private boolean isLatest(StatusMessage message) {
        return isSame(latest.get(message.stream), message);
    }

    private static boolean isSame(@Nullable StatusMessage one, StatusMessage other) {
        return one != null && one.equals(other);
    }
}
