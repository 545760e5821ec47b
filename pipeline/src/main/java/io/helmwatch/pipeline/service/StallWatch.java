package io.helmwatch.pipeline.service;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Tells since when work is waiting without any being done.
 *
 * <p>Threading: {@link #look} is called regularly by one thread, {@link #stalledFor} by any.
 */
final class StallWatch {
    private final LongSupplier done;
    private final BooleanSupplier waiting;
    private final LongSupplier nanoClock;
    private long lastDone = Long.MIN_VALUE;
    private volatile long movedNanos;

    /**
     * Starts watching.
     *
     * @param done grows with the work done
     * @param waiting whether there is work to do
     * @param nanoClock time
     */
    StallWatch(LongSupplier done, BooleanSupplier waiting, LongSupplier nanoClock) {
        this.done = done;
        this.waiting = waiting;
        this.nanoClock = nanoClock;
        this.movedNanos = nanoClock.getAsLong();
    }

    /** Notes whether work was done since the last look. */
    void look() {
        long now = done.getAsLong();
        if (now != lastDone || !waiting.getAsBoolean()) {
            lastDone = now;
            movedNanos = nanoClock.getAsLong();
        }
    }

    /** How long work has been waiting in vain; about zero when all is well. */
    Duration stalledFor() {
        return Duration.ofNanos(nanoClock.getAsLong() - movedNanos);
    }
}
