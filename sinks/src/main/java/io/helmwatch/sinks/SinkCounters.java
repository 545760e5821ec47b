package io.helmwatch.sinks;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/** The counters and the connection state of a sink. Threading: any thread updates and reads at any time. */
public final class SinkCounters implements SinkStatistics {
    private final LongAdder published = new LongAdder();
    private final LongAdder[] dropped = new LongAdder[SinkDropCause.values().length];
    private final IntSupplier queueDepth;
    private volatile long lastPublishedMillis;
    private volatile boolean connected;
    private volatile String problem = "";

    /**
     * Creates counters at zero, not connected.
     *
     * @param queueDepth supplies the number of waiting messages; called by any thread
     */
    public SinkCounters(IntSupplier queueDepth) {
        this.queueDepth = queueDepth;
        for (int i = 0; i < dropped.length; i++) {
            dropped[i] = new LongAdder();
        }
    }

    /** Counts a delivered message. */
    public void countPublished() {
        published.increment();
        lastPublishedMillis = System.currentTimeMillis();
    }

    /** Counts dropped messages. */
    public void countDropped(SinkDropCause cause, long messages) {
        dropped[cause.ordinal()].add(messages);
    }

    /** The target accepts messages. */
    public void markConnected() {
        problem = "";
        connected = true;
    }

    /**
     * The target does not accept messages.
     *
     * @param reason one sentence without secrets
     */
    public void markUnavailable(String reason) {
        connected = false;
        problem = reason;
    }

    @Override
    public long published() {
        return published.sum();
    }

    @Override
    public long lastPublishedMillis() {
        return lastPublishedMillis;
    }

    @Override
    public long dropped(SinkDropCause cause) {
        return dropped[cause.ordinal()].sum();
    }

    @Override
    public int queueDepth() {
        return queueDepth.getAsInt();
    }

    @Override
    public boolean connected() {
        return connected;
    }

    @Override
    public String problem() {
        return problem;
    }
}
