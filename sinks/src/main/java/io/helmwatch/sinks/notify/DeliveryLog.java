package io.helmwatch.sinks.notify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What became of the newest messages of a target, at most {@value #ENTRIES}. Attempts of one message are one entry.
 *
 * <p>Threading: any thread.
 */
public final class DeliveryLog {
    private static final int ENTRIES = 100;

    /** What became of a message. */
    public enum Outcome {
        /** The target has taken it. */
        DELIVERED,
        /** It is tried again. */
        RETRIED,
        /** The target will never take it. */
        REJECTED,
        /** It was not sent, because somebody had acknowledged the incident. */
        ACKNOWLEDGED
    }

    /**
     * A message, or the first of a digest.
     *
     * @param atMillis time of the latest attempt, milliseconds since 1970 UTC
     * @param id the message's id
     * @param type what it reports
     * @param stream the stream's id, or the node's name; empty for a test
     * @param messages number of messages of the digest
     * @param outcome what became of it
     * @param attempts how often it was tried
     * @param reason why it was not delivered, one sentence without secrets; empty when it was
     */
    public record Entry(
            long atMillis,
            String id,
            NotifyMessage.Type type,
            String stream,
            int messages,
            Outcome outcome,
            int attempts,
            String reason) {}

    private final Deque<Entry> newest = new ArrayDeque<>();

    /** An empty log. */
    DeliveryLog() {}

    synchronized void add(long atMillis, List<NotifyMessage> messages, Outcome outcome, String reason) {
        NotifyMessage first = messages.get(0);
        Entry last = newest.peekFirst();
        int attempts = 1;
        if (last != null && last.id().equals(first.id()) && last.outcome() == Outcome.RETRIED) {
            newest.removeFirst();
            attempts += last.attempts();
        }
        newest.addFirst(new Entry(
                atMillis, first.id(), first.type(), first.stream(), messages.size(), outcome, attempts, reason));
        if (newest.size() > ENTRIES) {
            newest.removeLast();
        }
    }

    /** The entries, newest first. */
    public synchronized List<Entry> newest() {
        return new ArrayList<>(newest);
    }
}
