package io.helmwatch.pipeline.service;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Measures how long work has been waiting without any being done.
 *
 * <p>Threading: {@link #check} is called regularly by one thread, {@link #stalledFor} by any.
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

    /** Records whether work was done since the last check. */
    void check() {
        long now = done.getAsLong();
        if (now != lastDone || !waiting.getAsBoolean()) {
            lastDone = now;
            movedNanos = nanoClock.getAsLong();
        }
    }

    /** How long no work was done although some was waiting; about zero when healthy. */
    Duration stalledFor() {
        return Duration.ofNanos(nanoClock.getAsLong() - movedNanos);
    }
}
