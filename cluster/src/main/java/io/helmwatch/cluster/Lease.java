package io.helmwatch.cluster;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long this node may rely on being a member of the group, by its own monotonic clock: the session timeout, counted from when it sent the
 * latest request that the group coordinator accepted. The coordinator counts from when it received it, which is later, so that the lease ends
 * before another node can be given the cameras.
 *
 * <p>Threading: any thread.
 */
public final class Lease {
    private final long durationNanos;
    private final LongSupplier nanoClock;
    private volatile long sentNanos;
    private volatile boolean isHeld;

    /** A lease that is not held yet. */
    public Lease(Duration sessionTimeout, LongSupplier nanoClock) {
        this.durationNanos = sessionTimeout.toNanos();
        this.nanoClock = nanoClock;
    }

    /** The coordinator accepted a request that was sent at this time of the monotonic clock. */
    public void renew(long requestSentNanos) {
        if (!isHeld || requestSentNanos - sentNanos > 0) {
            sentNanos = requestSentNanos;
            isHeld = true;
        }
    }

    /** The membership ended. */
    public void end() {
        isHeld = false;
    }

    /** Whether no other node can have been given the cameras. */
    public boolean isValid() {
        return isHeld && nanoClock.getAsLong() - sentNanos < durationNanos;
    }
}
