package io.helmwatch.cluster;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * How acknowledgements travel between this node and the others, for meters.
 *
 * <p>Threading: any thread.
 */
public final class AcknowledgementStatistics {
    /** What is published later than this after it was given is late. */
    private static final long LATE_MILLIS = 10_000;

    private static final double MILLIS = 1e3;
    private static final long NONE = Long.MAX_VALUE;

    private final LongSupplier clockMillis;
    private final LongAdder received = new LongAdder();
    private final LongAdder conflicting = new LongAdder();
    private final LongAdder published = new LongAdder();
    private final LongAdder late = new LongAdder();
    private volatile long oldestMillis = NONE;

    /**
     * Nothing was said.
     *
     * @param clockMillis milliseconds since 1970 UTC
     */
    AcknowledgementStatistics(LongSupplier clockMillis) {
        this.clockMillis = clockMillis;
    }

    /**
     * Another node said something new.
     *
     * @param isConflict whether it replaces what somebody else said of the incident, who did not take it back
     */
    public void received(boolean isConflict) {
        received.increment();
        if (isConflict) {
            conflicting.increment();
        }
    }

    /** What was given here at that time was published. */
    public void published(long givenMillis) {
        published.increment();
        if (clockMillis.getAsLong() - givenMillis > LATE_MILLIS) {
            late.increment();
        }
    }

    /** What was given here at that time is the oldest that waits to be published. */
    public void waiting(long givenMillis) {
        oldestMillis = givenMillis;
    }

    /** Nothing waits to be published. */
    public void idle() {
        oldestMillis = NONE;
    }

    /** Acknowledgements and withdrawals of other nodes. */
    public long received() {
        return received.sum();
    }

    /** Those that replaced what somebody else had said. */
    public long conflicting() {
        return conflicting.sum();
    }

    /** Acknowledgements and withdrawals that were given here and published. */
    public long published() {
        return published.sum();
    }

    /** Those that were published more than ten seconds after they were given. */
    public long late() {
        return late.sum();
    }

    /** How long the oldest that waits to be published has waited; 0 while none does. */
    public double secondsWaiting() {
        long oldest = oldestMillis;
        return oldest == NONE ? 0 : Math.max(0, clockMillis.getAsLong() - oldest) / MILLIS;
    }
}
