package io.helmwatch.sinks;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/** The counters that a sink keeps. Threading: any thread counts and reads at any time. */
public final class SinkCounters implements SinkStatistics {
    private final LongAdder published = new LongAdder();
    private final LongAdder[] dropped = new LongAdder[SinkDropCause.values().length];
    private final IntSupplier queueDepth;
    private volatile boolean connected;
    private volatile String problem = "";

    /**
     * All zero and not connected.
     *
     * @param queueDepth tells how many messages wait; asked by any thread
     */
    public SinkCounters(IntSupplier queueDepth) {
        this.queueDepth = queueDepth;
        for (int i = 0; i < dropped.length; i++) {
            dropped[i] = new LongAdder();
        }
    }

    /** Counts a message that arrived. */
    public void countPublished() {
        published.increment();
    }

    /** Counts messages that did not arrive. */
    public void countDropped(SinkDropCause cause, long messages) {
        dropped[cause.ordinal()].add(messages);
    }

    /** The other side takes messages. */
    public void markConnected() {
        problem = "";
        connected = true;
    }

    /**
     * The other side does not take messages.
     *
     * @param reason one sentence without secrets
     */
    public void markAway(String reason) {
        connected = false;
        problem = reason;
    }

    @Override
    public long published() {
        return published.sum();
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
